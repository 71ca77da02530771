"""Names that can be taken for an author's, and the many more that cannot."""

import unicodedata
from itertools import permutations

import pytest
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.lookalikes import find_author_alike
from pelican.plugins.conversation.model import Author

ANN = Author("ann", "Ann Example")


def is_alike(name: str, author: str = ANN.name) -> bool:
    """Whether a commenter's name can be taken for an author's."""
    return find_author_alike(name, [Author("key-of-author", author)]) is not None


ALIKE = {
    "the same": ["Ann Example"],
    "case": ["ANN EXAMPLE", "ann example", "aNN eXAMPLE", "Ann example"],
    "spaces and punctuation": [
        "AnnExample", "A n n Example", "  Ann   Example ", "Ann\u00a0Example", "Ann\tExample", "ann.example",
        "ann_example", "@ann-example", '"Ann Example"', "~Ann~Example~", "Ann Example.", "Ann · Example", "An Nexample",
    ],
    "signs that play the badge": ["Ann Example ✓", "Ann Example ✔️", "★ Ann Example ★", "✍ Ann Example", "Ann Example 🔑"],
    "accents": ["Ánn Éxample", "Ann Exämple", "Ann Exampłe", "Ann Ex\u0300\u0301\u0302ample", "A\u0336nn Example", "Ånn Example"],
    "what nobody sees": [
        "A\u200bnn Example", "Ann\u2060 Example", "Ann Exa\u00admple", "\ufeffAnn Example", "Ann\u200d Example",
        "A\u034fnn Example", "Ann\ufe0f Example", "Ann\u3164 Example", "Ann\u2800Example", "\u202eAnn Example",
        "Ann\U000e0061 Example", "Ann\U000e0101 Example", "Ann\u115f Example",
    ],
    "other forms of the letters": [
        "Ａｎｎ Ｅｘａｍｐｌｅ", "𝐀𝐧𝐧 𝐄𝐱𝐚𝐦𝐩𝐥𝐞", "𝒜𝓃𝓃 𝔼𝕩𝕒𝕞𝕡𝕝𝕖", "𝙰𝚗𝚗 𝙴𝚡𝚊𝚖𝚙𝚕𝚎", "Ⓐⓝⓝ Ⓔⓧⓐⓜⓟⓛⓔ", "ᴬⁿⁿ Example", "🄰nn Example",
        "🅰nn Example", "🅐nn Example", "🇦nn Example", "ᴀɴɴ ᴇxᴀᴍᴘʟᴇ", "Aɴɴ Example", "𝐀𝐍𝐍 𝐄𝐗𝐀𝐌𝐏𝐋𝐄", "Ann Exampⅼe",
    ],
    "letters of other scripts": [
        "Аnn Example", "Аnn Ехаmрlе", "АNN ЕХАМРLЕ", "Αnn Example", "Ann Εxample", "Ann Exαmple", "Ann Exaмple",
        "Ꭺnn Example", "Ann Exampӏe", "Ann ExampІe", "Ann Exɑmple", "Ann E×ample", "Ann ℮xample", "ᗩᑎᑎ EXAMPLE",
    ],
    "strokes that join or part": ["Ann Exarnple", "ANN EXARNPLE", "Ann ExampIe", "Ann Examp1e", "Ann Examp|e", "ann exampIe"],
    "a claim beside it": [
        "Ann Example (author)", "Ann Example, admin", "Admin Ann Example", "Ann Example [Official]", "ann_example_admin",
        "Ann Example, the author of this blog", "The author: Ann Example", "The Real Ann Example", "Ann Example - blog owner",
        "Ann Example (Autorin)", "Ann Example, l’auteur du blog", "Ann Example (Modérateur)", "Ann Example（管理人）",
        "Ann Example автор", "Ann Example Author 2026", "Ann Example (web admin)", "Ann Example, this blog's author", "Ann Example (관리자)", "Ann Example (Аdmin)", "Аnn Ехаmрlе ✓ verified", "AUTHOR ANN EXAMPLE",
        "Ann Example | Author", "Author | Ann Example", "Ann Example|Author", "Ann Examp|e | Author", "Ann Example｜作者", "Ann Example ∣ Author", "Ann Example I Author",
    ],
}  # fmt: skip

OTHERS = [
    "Ann", "ann", "Example", "Anne Example", "Annie Example", "Ann Examplesson", "Joann Example", "Joanne", "Ann Smith",
    "Ann B. Example", "Ann Example Jr", "Ann Example-Smith", "Ann Exampel", "Example Ann", "Annn Example", "Ann Sample",
    "Admin", "The author", "Author of the blog", "Ann the author", "Ann Example's brother", "Bob, a reader of Ann Example",
    "Editor of Ann Example's letters", "Ann Example 2", "4nn Example", "∀nn Example", "Reader", "", " ", "★", "1", "admin " * 20,
]  # fmt: skip


@pytest.mark.parametrize("name", [name for names in ALIKE.values() for name in names])
def test_a_name_that_reads_like_the_author_is_found(name: str) -> None:
    """Case, spaces, accents, hidden characters, look-alike letters and claims do not make another name."""
    assert find_author_alike(name, [Author("bob", "Bob"), ANN]) == ANN


@pytest.mark.parametrize("name", OTHERS)
def test_another_name_is_not_found(name: str) -> None:
    """A part of the name, more than the name, a slip of the pen, the key or a claim alone is another name."""
    assert find_author_alike(name, [Author("bob", "Bob Somebody"), ANN]) is None


PAIRS = {
    ("Ian", "lan"): True,
    ("Ian", "1an"): True,
    ("Ian", "1AN"): True,
    ("Ian", "Lan"): False,
    ("Ian", "LAN"): False,
    ("Lisa", "Iisa"): False,
    ("Lisa", "IISA"): False,
    ("Nell", "Neil"): False,
    ("Nell", "NEIL"): False,
    ("Nell", "NeIl"): True,
    ("Alla", "Alia"): False,
    ("Alla", "AIla"): True,
    ("Al", "AI"): True,
    ("Al", "ai"): False,
    ("Bob", "B0b"): True,
    ("Bob", "8ob"): False,
    ("Maria", "maria"): True,
    ("Arne", "ARNE"): True,
    ("Arnold", "Amold"): True,
    ("Walter", "VValter"): True,
    ("Jürgen", "JURGEN"): True,
    ("Jürgen", "Juergen"): False,
    ("Strauß", "STRAUSS"): True,
    ("Øyvind Æsir", "Oyvind AESIR"): True,
    ("Łukasz", "lukasz"): True,
    ("Işıl", "Isil"): True,
    ("Đorđe", "Dorde"): True,
    ("Nguyễn", "Nguyen"): True,
    ("Вера", "вера"): True,
    ("Вера", "ВЕРА"): True,
    ("Вера", "BEPA"): True,
    ("Вера", "Vera"): False,
    ("Артём", "Артем"): True,
    ("Юлия", "ЮЛИЯ"): True,
    ("Андрей", "Андреи"): True,
    ("Олег", "Ольга"): False,
    ("Γιώργος", "ΓΙΩΡΓΟΣ"): True,
    ("Άννα", "ΑΝΝΑ"): True,
    ("Anna", "ΑΝΝΑ"): True,
    ("محمد", "مُحَمَّد"): True,
    ("علي", "على"): True,
    ("أحمد", "احمد"): True,
    ("أحمد", "محمد"): False,
    ("דוד", "דָּוִד"): True,
    ("דוד", "דנה"): False,
    ("ニコ", "二コ"): True,
    ("だいち", "たいち"): False,
    ("ハナ", "バナ"): False,
    ("ﾀﾅｶ", "タナカ"): True,
    ("सुमन", "समन"): False,
    ("นิด", "นีด"): False,
    ("김철수", "김철호"): False,
    ("김철수", "김 철수"): True,
    ("田中太郎", "田中 太郎"): True,
    ("田中太郎", "田中次郎"): False,
    ("Ann de la Cruz", "Ann de la Cruz (autora)"): True,
    ("Ann", "Ann (author)"): True,
    ("Ann", "Ann, editor of the Ann Gazette"): False,
    ("Mark Owner", "Mark"): False,
    ("Admin", "admin"): True,
    ("★", "★"): True,
    ("★", "!"): False,
    ("★", ""): False,
}


@pytest.mark.parametrize(("author", "name"), PAIRS)
def test_names_of_many_languages_are_compared_as_they_are_read(author: str, name: str) -> None:
    """What a script's readers overlook is overlooked, and what makes another name in it makes another one here."""
    assert PAIRS[author, name] == is_alike(name, author)


NAMES = """
    Aaron Abdul Adam Ada Adela Adele Agnes Ahmed Aida Aila Aisha Aki Alan Alana Albert Alec Alex Alexa Alexander Alexandra
    Alfred Ali Alice Alicia Alina Aline Alla Allan Ally Alma Alva Amal Amalia Amber Amelia Amin Amina Amir Amira Amit Amy
    Ana Anders Andre Andrea Andreas Andrew Andy Angela Anil Anita Anke Ann Anna Annelie Anne Annie Anton Antonia Arlo Arno
    Arthur Asa Astrid Ben Beata Bernard Bernie Bert Beth Bill Bob Boris Bram Brian Bruno Carl Carla Carlo Carlos Carol
    Carole Caroline Catalina Cem Chen Chiara Chris Christian Christina Christine Claire Clara Claude Claudia Clemens
    Colin Corinna Cornelia Dan Dana Daniel Daniela Danielle Dara Daria Dario David Davide Dean Deniz Denis Denise Diana
    Diego Dieter Dina Dirk Dominik Dominique Don Dora Doris Edith Eduard Edward Eila Elena Eli Elia Elias Elin Elisa Elise
    Elke Ella Ellen Elias Elsa Elvira Emil Emile Emilia Emily Emma Eric Erica Erik Erika Ernst Esther Eva Eve Fabian Fatima
    Felix Fiona Finn Florian Florence Frances Francis Franz Frida Gabriel Gabriele Georg George Gerd Gina Giorgio Gita
    Giulia Greta Guido Gustav Hana Hanna Hannah Hanne Hans Harald Harry Heidi Heinz Helen Helena Helene Henri Henrik Henry
    Hilda Hiro Hugo Ian Ida Ignaz Ilja Ilka Ilona Ilse Imre Ina Ines Inga Inge Ingo Ingrid Ira Irene Iris Irma Isa Isabel
    Isabella Isla Ivan Ivo Jack Jacob Jakob James Jan Jana Jane Janet Janine Janos Jasmin Jason Javier Jean Jeanne Jenny
    Jens Jill Jim Joan Joana Joann Joanne Joe Joel Johan Johanna Johannes John Jon Jonas Jonathan Jordi Jorge Jose Josef
    Joseph Josie Juan Juana Judith Jules Julia Julian Juliana Julie Julien June Juri Kai Kaja Kala Karel Karen Karin Karl
    Karla Kate Katja Kay Kazuo Keiko Ken Kenji Kim Kira Klara Klaus Kurt Lan Lana Lara Lars Laura Lauren Laurent Lea Leah
    Leandro Lee Lei Leila Lena Lene Leo Leon Leona Leonie Levi Lia Liam Lian Liang Lieke Lila Lili Lilian Lilly Lily Lin
    Lina Linda Ling Lior Lisa Lise Liv Livia Liz Lola Lore Loren Lorenz Lou Louis Louisa Louise Luc Luca Lucas Lucia Lucie
    Luigi Luis Luise Luiz Lukas Luke Luna Lydia Lynn Mai Maja Malin Malik Malte Manuel Manuela Mara Marc Marcel Marco
    Marcus Margaret Margit Mari Maria Marian Marianne Marie Marina Mario Marion Marit Mark Marko Marlon Marta Martha Martin
    Martina Mary Mateo Mathis Matteo Maud Max Maya Mehmet Mei Melanie Mia Michael Michaela Michel Miguel Mika Mike Mila
    Milan Milla Milo Mina Mira Miriam Moa Mona Monica Monika Nadia Nadine Nancy Naomi Neil Nell Nelly Nick Nico Nicola
    Nicole Niels Nikita Nikolai Nils Nina Ninna Noa Noah Noel Nora Norma Olaf Ole Oleg Olga Oliver Olivia Omar Oscar Otto
    Pablo Pamela Pascal Patricia Patrick Paul Paula Pauline Pavel Pedro Peter Petra Philip Philipp Pia Pierre Piotr Pjotr
    Priya Rafael Rahel Raj Ralf Ralph Rana Raul Ravi Rebecca Regina Rene Renee Ria Ricardo Rita Rob Robert Roberta Robin
    Roger Roland Rolf Roman Romy Ron Rosa Rose Ruben Ruth Ryan Sabine Sally Salma Sam Samir Samuel Sandra Sara Sarah Sean
    Sebastian Selma Sergio Silke Silvia Simon Simona Simone Sina Sofia Sofie Sonia Stefan Stefanie Stella Stephen Steve
    Sue Sunil Susan Susanne Sven Svenja Tanja Tara Tariq Ted Teresa Theo Theresa Thomas Till Tim Tina Tobias Tom Toni Tony
    Ulla Ulrich Ulrike Uma Ursula Uwe Valentin Valerie Vera Verena Victor Victoria Viktor Vincent Viola Vito Wei Wendy
    Werner Wilhelm Will Willi William Wolf Xavier Xin Yan Yann Yara Yasmin Yuki Yuri Yusuf Yves Zara Zeno Zoe
    Åse Bjørk Çiğdem Dášá Éloïse Gökhan İlker İpek Jürg Kübra Nuño Øystein Řehoř Şebnem Þóra Ümit Václav Ważka Żaneta
    Александр Алексей Алла Алина Андрей Анна Борис Вадим Валентина Вера Виктор Галина Денис Дмитрий Ева Егор Елена Зоя Иван
    Игорь Илья Инна Ирина Кира Лариса Лев Лиза Мария Марина Михаил Надежда Нина Олег Ольга Павел Пётр Роман Сергей София
    Тарас Татьяна Тимур Фёдор Юлия Юрий Яна Ярослав Ганна Оксана Їжак Ђорђе Љубица Милош
    Αλέξανδρος Άννα Βασίλης Γιώργος Δήμητρα Ελένη Θανάσης Ιωάννης Κώστας Μαρία Νίκος Πέτρος Σοφία Χρήστος
    أحمد محمد علي عمر فاطمة مريم يوسف حسن حسين خالد ليلى نور سلمى אברהם דוד דנה חנה יוסף יעל משה נועה רון שרה
    अनिता अमित आशा गीता दीपक नेहा प्रिया मीना मोहन राम राहुल रवि रीना रेणु सीता सुनील सुनीता సీత రాము தமிழ் கமலா
    กานดา มานี มานะ สมชาย สมศรี ชูใจ น้อย หน่อย
    王伟 王芳 李娜 李强 张敏 张伟 刘洋 陈静 田中太郎 田中次郎 山本花子 山田花子 佐藤健 鈴木一郎 鈴木二郎
    さくら はな はなこ たいち だいち かな がな ゆき ゆうき ユキ ユウキ カナ ハナ バナ マリ マリア
    김철수 김철호 김영희 이영희 박지민 박지훈 최민수 민지 민서 지수
""".split()  # noqa: SIM905 - a list of 750 quoted names would be 750 lines


def test_ordinary_names_are_not_taken_for_each_other() -> None:
    """Among 750 first names of many languages none is found for another one."""
    names = sorted(set(NAMES))
    authors = [Author(f"a{number}", name) for number, name in enumerate(names)]
    assert [
        name for name, author in zip(names, authors, strict=True) if find_author_alike(name, authors) != author
    ] == []
    assert len(names) == 750


FAMILY_NAMES = """
    Adler Allen Alonso Baker Bauer Bell Berg Bianchi Blanc Brown Byrne Carter Chen Clark Cohen Cruz Dahl Diaz Dubois Evans
    Ferrari Fischer Fisher García Green Gross Hall Haas Hansen Hanson Hill Horn Hughes Ivanov Ivanova Jansen Janssen Jensen
    Johansen Johansson Johnson Jones Kaiser Khan Kim King Klein Koch Kowalski Kowalska Kumar Lane Lange Larsen Larsson Lee
    Lehmann Li Lin Lopes López Mayer Meier Meyer Miller Moore Moreau Müller Murphy Nagy Nguyen Nielsen Nilsen Nilsson Novak
    Nováková O'Neil O'Neill Olsen Olson Park Perez Petersen Peterson Petit Rossi Roth Ruiz Russo Santos Sato Sanchez Schmid
    Schmidt Schmitt Schulz Schulze Silva Simon Singh Smith Smyth Suzuki Svensson Tanaka Taylor Thomas Thompson Thomson
    Torres Tran Vogel Wagner Walker Wang Weber White Williams Wilson Wolf Wood Wright Yamada Yılmaz Young Zhang Zimmermann
""".split()  # noqa: SIM905 - as above


def test_ordinary_full_names_are_not_taken_for_each_other() -> None:
    """One family's first names, and one first name's families, in either order, stay apart."""
    full = [f"Maria {family}" for family in FAMILY_NAMES] + [f"{first} Meyer" for first in NAMES]
    authors = [Author(f"a{number}", name) for number, name in enumerate(full)]
    assert [
        n
        for n, a in zip(full, authors, strict=True)
        if find_author_alike(n, authors) not in (a, authors[full.index(n)])
    ] == []
    some = [Author("a", "Maria Meyer"), Author("b", "Thomas Simon"), Author("c", "Lee Clark")]
    for first, second in permutations(["Maria", "Meyer", "Thomas", "Simon", "Lee", "Clark"], 2):
        expected = f"{first} {second}" in [author.name for author in some]
        assert expected == (find_author_alike(f"{first} {second}", some) is not None)


def test_the_first_of_the_authors_is_found() -> None:
    """Of two authors whose names are alike, the first is returned, and of one key it does not matter."""
    first, second = Author("a", "Ann Example"), Author("b", "ANN EXAMPLE")
    assert first == find_author_alike("ann example", iter([first, second]))
    assert second == find_author_alike("ann example", (author for author in [second, first]))
    assert find_author_alike("ann", []) is None


letters = st.characters(categories=["Lu", "Ll", "Lo", "Nd"])
names = st.text(letters | st.sampled_from("AaIl1Oo0mrnwv АаΑα"), min_size=1, max_size=30).filter(str.strip)


@settings(deadline=None)
@given(name=names, place=st.integers(0, 30), added=st.sampled_from(" .-_✓★\u200b\u2060\u00ad\u0301\u0336\ufe0f\u202e"))
def test_what_is_not_read_never_makes_another_name(name: str, place: int, added: str) -> None:
    """A space, sign, accent or hidden character more, at any place of any name, is the same name."""
    assert is_alike(name, name)
    assert is_alike(name[:place] + added + name[place:], name)


@settings(deadline=None)
@given(one=names, other=names)
def test_being_alike_goes_both_ways(one: str, other: str) -> None:
    """Whichever of two names is the author's, they are alike or not, where no word claims anything."""
    assert is_alike(one, other) == is_alike(other, one)


@settings(deadline=None)
@given(name=st.text(max_size=120), author=st.text(max_size=40))
def test_any_text_is_compared(name: str, author: str) -> None:
    """No text of a stranger's makes the comparison fail."""
    assert is_alike(name, author) in (True, False)
    assert is_alike(name, name)


def test_every_character_is_compared() -> None:
    """No character of the scripts makes the comparison fail, one whose drawing is an accent alone (Thai U+0E33) either."""
    for first in [*range(0x80, 0x3400, 64), *range(0xA000, 0xAC00, 64), *range(0xF900, 0x1F000, 64)]:
        characters = [chr(number) for number in range(first, first + 64) if not 0xD800 <= number < 0xE000]
        assert is_alike("".join(characters), "Ann") is False
        assert all(is_alike(f"q{character}", f"Q{character}") for character in characters)


def test_every_letter_of_the_table_is_found_in_place_of_its_prototype() -> None:
    """TS 39's whole table is used: each letter of any script that looks like a Latin one passes for it."""
    letters = "abcdefghijklnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"  # m, I and O are drawn as others are
    missed = [
        (alike["c"], letter)
        for letter in letters
        for alike in confusables_data[letter]
        if unicodedata.category(alike["c"].strip("\u200e")[0])[0] == "L"
        and not is_alike(f"Q{alike['c']}", f"Q{letter}")
    ]
    assert missed == [("ſ", "f"), ("ͺ", "i"), ("ӏ", "i")]  # read as an s, as an accent, and as an l
    assert sum(len(confusables_data[letter]) for letter in letters) > 1000


def test_the_shortcut_for_ascii_agrees_with_the_table() -> None:
    """What is looked up without the table is what the table has."""
    inside = {
        (one, alike["c"])
        for one, partners in confusables_data.items()
        for alike in partners
        if one.isascii() and one.isalnum() and alike["c"].isascii() and alike["c"].isalnum()
    }
    assert {frozenset(pair) for pair in inside} == {
        frozenset(pair) for pair in [("I", "l"), ("1", "l"), ("0", "O"), ("m", "rn")]
    }
    assert all(is_alike(f"q{one}", f"q{other}") for one, other in inside)


def test_a_hostile_name_takes_no_time() -> None:
    """A name made of claims and fillers alone is compared in few steps; it is as long as a name may be."""
    for name in ("my a " * 22 + "admin", "ann admin " * 12, "ann the admin of " * 7, "rn" * 60, "\u0301" * 120):
        assert find_author_alike(name, [ANN] * 20) is None
