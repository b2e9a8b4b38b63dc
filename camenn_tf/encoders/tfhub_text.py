"""Pretrained text encoders in TF-Hub's BERT format."""

from __future__ import annotations

from typing import Any

from camenn_tf.encoders.pretrained_text import PretrainedText
from camenn_tf.encoders.stored_path import stored_path
from camenn_tf.encoders.tfhub_bert import TfHubBert
from camenn_tf.encoders.tfhub_files import local_directory, word_pieces
from camenn_tf.errors import UserError

# Chinese BERT: 12 layers, 768 wide, 12 heads, as in the paper.
DEFAULT = "tensorflow/bert_zh_L-12_H-768_A-12/4"
DEFAULT_PREPROCESSOR = "tensorflow/bert_zh_preprocess/3"


class TfHubText(PretrainedText):
    """The last hidden states of a BERT from TF-Hub.

    Args:
      path: handle (publisher/name/version), URL or directory; empty = `DEFAULT` with `DEFAULT_PREPROCESSOR`.
      max_pieces: most pieces of a text, without [CLS] and [SEP].
      preprocessor: handle, URL or directory of the model that tokenizes for it; read are its vocabulary and whether it
        lower-cases. Empty = none: the encoder's own assets are looked through.
      vocabulary: a file with one piece a line, which goes before the assets of both; empty = those.
      trains_along: whether it is trained with the model.

    Raises:
      UserError: something cannot be reached or is of another format, or the model has too few positions.
    """

    name = "tfhub"

    def __init__(
        self, path: str, max_pieces: int, preprocessor: str = "", vocabulary: str = "", trains_along: bool = False
    ) -> None:
        if not path and not preprocessor and not vocabulary:
            preprocessor = DEFAULT_PREPROCESSOR
        path = path or DEFAULT
        self.preprocessor, self.vocabulary = stored_path(preprocessor), stored_path(vocabulary)
        self._directory = local_directory(path, "encode.text.path")
        tokenizer = local_directory(preprocessor, "encode.text.preprocessor") if preprocessor else ""
        try:
            network = TfHubBert(self._directory, trainable=False, name="bert")
        except (UserError, OSError, ValueError) as error:
            raise UserError(f"encode.text.path={path}: {error}") from error
        pieces = word_pieces(self._directory, tokenizer, vocabulary, network.lower_case)
        super().__init__(stored_path(path), max_pieces, trains_along, pieces, network.dim)
        if not network.has_positions(self.max_length):
            raise UserError(
                f"encode.text.max_pieces={max_pieces}: {path} has no {self.max_length} positions; [CLS] and [SEP] "
                "need one each, too"
            )
        self._frozen = None if trains_along else network

    @property
    def config(self) -> dict[str, Any]:
        return {**super().config, "preprocessor": self.preprocessor, "vocabulary": self.vocabulary}

    def _apply(self, ids: Any, mask: Any) -> Any:
        network = self._frozen or TfHubBert(self._directory, name="bert")
        return network(ids, mask)
