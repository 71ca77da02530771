"""Signing: signatures that verify, none lost where it fails, and the key that is used."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pelican.plugins.conversation.comments import ssh
from pelican.plugins.conversation.comments.allowed_signers import parse_allowed_signers
from pelican.plugins.conversation.comments.signatures import verify_signature
from pelican.plugins.conversation.comments.ssh import find_signing_key, public_key_of, sign_files
from pelican.plugins.conversation.errors import SigningError

DATE = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a home, a git configuration and no agent of its own."""
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def make_key(path: Path, kind: str = "ed25519", *, passphrase: str = "") -> Path:
    """Make a key and return the path of its private half."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "a: comment", "-f", path], check=True)
    return path


def make_files(folder: Path, count: int = 3) -> list[Path]:
    """Write comment files, one with a name that a command might take for an option."""
    folder.mkdir()
    paths = [folder / f"{'-f ' if number == 0 else 'ü'}{number}.md" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(f"Comment {number}\n", encoding="utf-8")
    return paths


def signature_beside(path: Path) -> Path:
    """Return the path of a file's signature."""
    return path.with_name(f"{path.name}.sig")


def assert_are_signed(paths: list[Path], key: Path) -> None:
    """Check that each file has a signature by `key`, and that nothing else was left there."""
    signers, problems = parse_allowed_signers(f"ann {public_key_of(key)}", "allowed_signers")
    assert problems == ()
    for path in paths:
        signature = signature_beside(path).read_bytes()
        verify_signature(path.read_bytes(), signature, author="ann", signers=signers, date=DATE)
    assert {*paths, *map(signature_beside, paths)} == set(paths[0].parent.iterdir())


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_files_are_signed(kind: str, tmp_path: Path) -> None:
    """Every file gets a signature beside it that verifies, whatever its name, by a key of each kind."""
    key = make_key(tmp_path / "key", kind)
    paths = make_files(tmp_path / "comments")
    sign_files(paths, key=key)
    assert_are_signed(paths, key)


def test_a_signature_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    """A file that was changed is signed again without a question."""
    key = make_key(tmp_path / "key")
    paths = make_files(tmp_path / "comments")
    sign_files(paths, key=key)
    paths[0].write_text("changed", encoding="utf-8")
    sign_files(paths, key=key)
    assert_are_signed(paths, key)


def test_more_files_than_a_call_takes_are_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are signed in batches, each file with its own signature."""
    monkeypatch.setattr(ssh, "FILES_A_CALL", 3)
    key = make_key(tmp_path / "key")
    paths = make_files(tmp_path / "comments", 8)
    sign_files(paths, key=key)
    assert_are_signed(paths, key)


def test_a_key_with_a_relative_path_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is that of the folder the command runs in."""
    make_key(tmp_path / "key")
    paths = make_files(tmp_path / "comments")
    monkeypatch.chdir(tmp_path)
    sign_files(paths, key=Path("key"))
    assert_are_signed(paths, Path("key"))


def test_no_files_need_no_call(tmp_path: Path) -> None:
    """Nothing to sign is nothing done, with a key that could not sign."""
    key = tmp_path / "key"
    key.write_text("none")
    sign_files([], key=key)
    assert [key] == [path for path in tmp_path.iterdir() if path.is_file()]


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run an agent without keys."""
    socket = f"/tmp/pelican-{os.getpid()}.agent"  # a socket's path must be short
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", socket)
    yield
    process.terminate()
    process.communicate(timeout=120)


@pytest.mark.usefixtures("agent")
def test_a_public_key_signs_through_the_agent(tmp_path: Path) -> None:
    """With the private half in the agent only, the public one is enough."""
    key = make_key(tmp_path / "key")
    subprocess.run(["ssh-add", "-q", key], check=True)
    key.unlink()
    paths = make_files(tmp_path / "comments")
    sign_files(paths, key=tmp_path / "key.pub")
    assert_are_signed(paths, tmp_path / "key.pub")


def test_a_public_key_without_agent_signs_nothing(tmp_path: Path) -> None:
    """Without the private half anywhere, the error says so, and the older signatures stay."""
    key = make_key(tmp_path / "key")
    paths = make_files(tmp_path / "comments")
    sign_files(paths, key=key)
    before = [signature_beside(path).read_bytes() for path in paths]
    key.unlink()
    paths[0].write_text("changed", encoding="utf-8")
    with pytest.raises(SigningError, match=r"No private key found.*ssh-add"):
        sign_files(paths, key=tmp_path / "key.pub")
    assert before == [signature_beside(path).read_bytes() for path in paths]
    assert len(list((tmp_path / "comments").iterdir())) == 2 * len(paths)


def test_a_locked_key_without_terminal_says_what_to_do(tmp_path: Path) -> None:
    """A passphrase cannot be asked for where there is no terminal: the error names ssh-add, and nothing hangs."""
    key = make_key(tmp_path / "key", passphrase="a secret")
    (path,) = make_files(tmp_path / "comments", 1)
    program = "import sys, pathlib as p, pelican.plugins.conversation.comments.ssh as s; s.sign_files([p.Path(sys.argv[1])], key=p.Path(sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-c", program, path, key],
        start_new_session=True, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode != 0
    assert re.search(rf"SigningError: .*passphrase.*`ssh-add {re.escape(str(key))}`.*terminal", done.stderr)
    assert not signature_beside(path).exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_key_that_others_can_read_says_what_to_do(tmp_path: Path) -> None:
    """What ssh-keygen says in nine lines becomes one command."""
    key = make_key(tmp_path / "key")
    key.chmod(0o644)
    with pytest.raises(SigningError, match=re.escape(f"chmod 600 {key}")):
        sign_files(make_files(tmp_path / "comments"), key=key)


def test_a_file_that_is_no_key_says_how_to_find_out(tmp_path: Path) -> None:
    """Anything else gives ssh-keygen's own words and the command to try."""
    key = tmp_path / "key"
    key.write_text("none")
    key.chmod(0o600)
    with pytest.raises(SigningError, match=rf"the key {re.escape(str(key))} cannot be used: .+ssh-keygen -Y sign"):
        sign_files(make_files(tmp_path / "comments"), key=key)


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing key is no riddle of ssh-keygen's."""
    with pytest.raises(SigningError, match=r"there is no key .*nonesuch"):
        sign_files([], key=tmp_path / "nonesuch")


def test_without_ssh_keygen_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without OpenSSH is told what to install."""
    key = make_key(tmp_path / "key")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SigningError, match="openssh-client"):
        sign_files(make_files(tmp_path / "comments"), key=key)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_the_public_key_is_that_of_the_file(kind: str, tmp_path: Path) -> None:
    """The line for `allowed_signers` comes from either half, and from a locked key without its `.pub`."""
    key = make_key(tmp_path / "key", kind, passphrase="a secret")
    public = tmp_path / "key.pub"
    expected = " ".join(public.read_text().split()[:2])
    assert expected == public_key_of(key)
    assert expected == public_key_of(public)
    public.unlink()
    assert expected == public_key_of(key)


def set_git(*pairs: tuple[str, str], root: Path | None = None) -> None:
    """Set git's settings, those of the user or those of a repository."""
    where = ["--file", str(root / ".git" / "config")] if root else ["--global"]
    for name, value in pairs:
        subprocess.run(["git", "config", *where, name, value], check=True)


def test_the_configured_key_comes_first(tmp_path: Path, home: Path) -> None:
    """A configured key is used, whatever git and `~/.ssh` have, and a missing one is an error, not passed over."""
    make_key(home / ".ssh" / "id_ed25519")
    key = make_key(tmp_path / "key")
    assert key == find_signing_key(key, tmp_path)
    with pytest.raises(SigningError, match="CONVERSATION_SIGNING_KEY"):
        find_signing_key(tmp_path / "nonesuch", tmp_path)


def test_the_key_of_git_comes_second(tmp_path: Path, home: Path) -> None:
    """Git's signing key is used where git signs with SSH: `~` is expanded, a repository's own comes before the user's."""
    make_key(home / ".ssh" / "id_ed25519")
    mine = make_key(home / "mine")
    set_git(("gpg.format", "ssh"), ("user.signingkey", "~/mine"))
    assert mine == find_signing_key(None, tmp_path)
    site = tmp_path / "site"
    subprocess.run(["git", "init", "--quiet", site], check=True)
    set_git(("user.signingkey", "key.pub"), root=site)
    make_key(site / "key")
    assert site / "key.pub" == find_signing_key(None, site)


def test_a_key_of_git_that_is_missing_is_an_error(tmp_path: Path, home: Path) -> None:
    """Another key than the one git names is not taken in silence."""
    make_key(home / ".ssh" / "id_ed25519")
    set_git(("gpg.format", "ssh"), ("user.signingkey", "~/nonesuch"))
    with pytest.raises(SigningError, match=r"no key .*nonesuch.*user\.signingkey"):
        find_signing_key(None, tmp_path)


@pytest.mark.parametrize("literal", ["key::ssh-ed25519 AAAA ann", "ssh-ed25519 AAAA ann"])
def test_a_key_written_into_the_setting_of_git_is_refused(literal: str, tmp_path: Path, home: Path) -> None:
    """A key in place of a path cannot be handed to ssh-keygen: the error says what can."""
    make_key(home / ".ssh" / "id_ed25519")
    set_git(("gpg.format", "ssh"), ("user.signingkey", literal))
    with pytest.raises(SigningError, match=r"not the path of one.*CONVERSATION_SIGNING_KEY"):
        find_signing_key(None, tmp_path)


def test_the_key_of_gpg_is_not_taken(tmp_path: Path, home: Path) -> None:
    """Where git signs with GPG its key's number is no file of SSH's."""
    set_git(("user.signingkey", "0123456789ABCDEF"))
    key = make_key(home / ".ssh" / "id_rsa")
    assert key == find_signing_key(None, tmp_path)


def test_settings_that_git_cannot_read_are_an_error(tmp_path: Path, home: Path) -> None:
    """A broken configuration is reported, not passed over."""
    (home / ".gitconfig").write_text("[gpg\n")
    with pytest.raises(SigningError, match="git cannot read its settings"):
        find_signing_key(None, tmp_path)


def test_the_keys_of_the_home_come_last(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ed25519 before ECDSA before RSA, with git or without it."""
    for name in reversed(["id_ed25519", "id_ecdsa", "id_rsa"]):
        key = make_key(home / ".ssh" / name)
        assert key == find_signing_key(None, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert home / ".ssh" / "id_ed25519" == find_signing_key(None, tmp_path)


def test_without_any_key_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    """Somebody who never had a key is told how to make one."""
    with pytest.raises(SigningError, match="ssh-keygen -t ed25519"):
        find_signing_key(None, tmp_path)


def test_a_hook_of_git_does_not_change_the_key(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repository that git's hooks name in GIT_DIR has no say: the site's folder has."""
    other = tmp_path / "other"
    subprocess.run(["git", "init", "--quiet", other], check=True)
    set_git(("gpg.format", "ssh"), ("user.signingkey", "/nonesuch"), root=other)
    key = make_key(home / ".ssh" / "id_ed25519")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert key == find_signing_key(None, tmp_path)
