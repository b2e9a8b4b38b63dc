"""Titles of the compared models, and what the paper reports of them."""

from __future__ import annotations

TITLES = {
    "fm": "FM",
    "ffm": "FFM",
    "wide_deep": "Wide & Deep",
    "deepfm": "DeepFM",
    "afm": "AFM",
    "xdeepfm": "xDeepFM",
    "din": "DIN",
    "bst": "BST",
    "camenn": "CameNN",
    "mmoe": "MMoE frame",
    "mose": "MoSE frame",
    "fashionbert": "FashionBERT",
    "deepfm_content": "DeepFM, texts and pictures too",
    "din_content": "DIN, texts and pictures too",
    "boosting": "gradient boosting",
    "boosting_more": "gradient boosting, validation weeks too",
}
BASELINES = ("fm", "ffm", "wide_deep", "deepfm", "afm", "xdeepfm", "din", "bst")
# baselines that see pooled texts and pictures: of the target, DIN of the bought items, too
CONTENT = ("deepfm_content", "din_content")
FRAMES = ("mmoe", "mose")
BOOSTING = ("boosting", "boosting_more")

# mean and standard deviation, Tables 1 and 4; accuracy of TIA and ITA, Table 2; CVR gain and its deviation, Table 3
PAPER_AUC = {
    "fm": (0.7032, 0.00081),
    "ffm": (0.7001, 0.00069),
    "wide_deep": (0.7212, 0.00048),
    "deepfm": (0.7284, 0.00087),
    "afm": (0.7230, 0.00056),
    "xdeepfm": (0.7289, 0.00064),
    "din": (0.7336, 0.00045),
    "bst": (0.7412, 0.00038),
    "camenn": (0.7549, 0.00034),
    "mmoe": (0.7203, 0.00056),
    "mose": (0.7516, 0.00041),
}
PAPER_ALIGNMENT = {"fashionbert": {"tia": 0.8513, "ita": 0.8571}, "camenn": {"tia": 0.8508, "ita": 0.8623}}
PAPER_GAIN = {
    "xdeepfm": (-0.0420, 0.00012),
    "din": (-0.0276, 0.00027),
    "bst": (-0.0005, 0.00080),
    "camenn": (0.0063, 0.00014),
}
