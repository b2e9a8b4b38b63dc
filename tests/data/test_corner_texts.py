"""What titles say: the kind by a name, mostly the grade and whom it is for."""

import numpy as np
import pytest

from data.corner import texts
from data.corner.kinds import GRADES, KINDS, TASTES


@pytest.mark.parametrize("language", ["zh", "en"])
def test_titles_name_the_kind_and_mostly_its_grade_and_taste(language: str) -> None:
    generator = np.random.default_rng(1)
    words, tags = {
        "zh": (texts._GRADE_WORDS, texts._TASTE_TAGS),
        "en": (texts._GRADE_ENGLISH, texts._TASTE_TAGS_ENGLISH),
    }[language]
    graded = tagged = 0
    for number in range(600):
        kind, grade = KINDS[number % len(KINDS)], number % len(GRADES)
        title = texts.title(kind, grade, kind.grams, language, generator)
        names = (kind.english,) if language == "en" else (kind.chinese, *kind.synonyms)
        assert any(name in title for name in names)
        graded += any(word in title for word in words[GRADES[grade]])
        tagged += tags[kind.taste] in title
    assert 0.8 < graded / 600 < 0.9
    assert 0.65 < tagged / 600 < 0.8


def test_no_grade_word_stands_in_another_text() -> None:
    for words in (texts._GRADE_WORDS, texts._GRADE_ENGLISH):
        flat = [word for grade in GRADES for word in words[grade]]
        assert len(set(flat)) == len(flat)
    names = [word for kind in KINDS for word in (kind.chinese, *kind.synonyms, *kind.varieties)]
    assert not any(word in name for grade in GRADES for word in texts._GRADE_WORDS[grade] for name in names)
    assert set(texts._TASTE_TAGS) == set(texts._TASTE_TAGS_ENGLISH) == set(TASTES)
