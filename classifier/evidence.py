"""Signs that a word which is also an everyday word names a model: class names, Hub ids, `from_pretrained` calls."""

from __future__ import annotations

import re

FRAMEWORKS = ("", "TF", "Flax")
"""Prefixes under which the same class exists for another framework."""

_HEADS = (
    "AudioClassification", "AudioFrameClassification", "CTC", "CausalLM", "ConditionalGeneration",
    "ContrastiveLearning", "DepthEstimation", "DocumentQuestionAnswering", "EntityClassification",
    "EntityPairClassification", "EntitySpanClassification", "ImageAndTextRetrieval", "ImageCaptioning",
    "ImageClassification", "ImageClassificationWithTeacher", "ImageSegmentation", "ImageTextRetrieval",
    "ImageTextToText", "ImagesAndTextClassification", "InstanceSegmentation", "MaskGeneration",
    "MaskedImageModeling", "MaskedLM", "MultipleChoice", "NextSentencePrediction", "ObjectDetection",
    "PreTraining", "Prediction", "QuestionAnswering", "QuestionAnsweringSimple", "SemanticSegmentation",
    "SequenceClassification", "SpeechClassification", "SpeechSeq2Seq", "SpeechToSpeech", "SpeechToText",
    "TableQuestionAnswering", "TextEncoding", "TextToSpeech", "TextToSpectrogram", "TextToWaveform",
    "TokenClassification", "UniversalSegmentation", "VideoClassification", "Vision2Seq",
    "VisualQuestionAnswering", "VisualReasoning", "XVector", "ZeroShotImageClassification",
    "ZeroShotObjectDetection",
)  # fmt: skip
SUFFIXES = (
    "Attention", "AudioModel", "AudioModelWithProjection", "Block", "Config", "Decoder", "DecoderLayer",
    "DoubleHeadsModel", "Embeddings", "Encoder", "EncoderLayer", "EncoderModel", "FeatureExtractor", "HeadModel",
    "ImageProcessor", "ImageProcessorFast", "LMHeadModel", "Layer", "MLP", "Model", "ModelWithLMHead",
    "ModelWithProjection", "PreTrainedModel", "PretrainedModel", "Processor", "QAModel", "RMSNorm", "Retriever",
    "SelfAttention", "Stack", "TextConfig", "TextModel", "TextModelWithProjection", "Tokenizer",
    "TokenizerFast", "VisionConfig", "VisionModel", "VisionModelWithProjection",
    *(f"For{head}" for head in _HEADS),
)  # fmt: skip
"""What may follow a family's prefix in a class name."""

_BEFORE_WINDOW, _ID_WINDOW = 80, 160
_ID_LEFT = re.compile(r"(?:[\w./~-]*//:s?ptth|[\w./~-]*)", re.IGNORECASE)  # read backwards
_ID_RIGHT = re.compile(r"[\w./~-]*")
_HUB_URL = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(?!(?:datasets|spaces|docs|blog|papers|learn|tasks)/)",
    re.IGNORECASE,
)
_LOADED = re.compile(
    r"""(?:from_pretrained\(\s*(?:\w+\s*=\s*)?|(?:model|checkpoint)\w*["']?\s*[=:]\s*)[rb]?["'`]\Z""", re.IGNORECASE
)
_NAME = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")
_HUB_ID = re.compile(r"[A-Za-z][\w-]+/[A-Za-z0-9][\w.-]*")
# What tells "facebook/opt-1.3b" from "docs/git-guide" where nothing else does.
_SIZED = re.compile(r"[-_.]v?\d|[-_](?:base|small|medium|large|huge|tiny|mini|nano|xl|xxl)\b", re.IGNORECASE)
# Who gives away the models of these families; below them a name needs no size.
_OWNERS = re.compile(
    r"(?:adept|allenai|bigscience|cohereforai|coherelabs|deepseek-ai|eleutherai|facebook|google|huggingface|ibm|ibm-granite|intel|"
    r"kakaobrain|laion|meta|microsoft|mosaicml|naver-clova-ix|nvidia|openai|salesforce|shi-labs|snowflake|"
    r"studio-ousia|suno|tau|thudm|tiiuae|usefulsensors|uw-madison)/",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(?:py|ipynb|md|txt|json|ya?ml|sh|cpp?|h|js|ts|html?|png|jpe?g|gif|csv|log|cfg|toml|git)\Z", re.I)


def is_class_name(text: str) -> bool:
    """Whether this is a class name already, and not the prefix of some."""
    return text.endswith(SUFFIXES) and text not in SUFFIXES


def names_a_model(text: str, start: int, end: int) -> bool:
    """Whether the word text[start:end] stands in a Hub id, a Hub link, or what a `from_pretrained` call loads.

    A Hub id that nothing loads must begin with the name and carry a size or a version, or be of an owner who gives such
    models away; a path of files is none: "and/or", "/opt/ml/model" and "docs/git-guide" say nothing of models.
    """
    left = _ID_LEFT.match(text[max(0, start - _ID_WINDOW) : start][::-1])
    right = _ID_RIGHT.match(text, end, end + _ID_WINDOW)
    head = left[0][::-1] if left else ""
    whole = (head + text[start:end] + (right[0] if right else "")).rstrip("./-")
    link = _HUB_URL.match(whole)
    if link is not None:
        parts = whole[link.end() :].split("/")
        return len(head) >= link.end() and head[link.end() :].count("/") == min(len(parts), 2) - 1
    if head.count("/") != whole.count("/") or _FILE.search(whole):
        return False
    begin = start - len(head)
    if _LOADED.search(text[max(0, begin - _BEFORE_WINDOW) : begin]):
        return _NAME.fullmatch(whole) is not None
    if _HUB_ID.fullmatch(whole) is None:
        return False
    if not head.endswith("/"):  # "someone/my-rag-llama-3"
        return False
    return _SIZED.search(whole, whole.index("/")) is not None or _OWNERS.match(whole) is not None
