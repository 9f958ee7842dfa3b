"""小结: the catalogue, the draft, and what is still missing."""

from dataclasses import dataclass

import msgspec

from relay_protocol.ids import ConsultationId, RequestId
from relay_protocol.messages import Resolution, SubmitWrapUp

TEXT_LIMIT = 1000
RESOLUTIONS = {
    Resolution.RESOLVED: "已解决",
    Resolution.WORK_ORDER: "转工单",
    Resolution.UNRESOLVED: "未解决",
    Resolution.INVALID: "无效咨询",
}


class Choice(msgspec.Struct, frozen=True):
    """One code of the catalogue and what it is called."""

    code: str
    name: str


class Catalogue(msgspec.Struct, frozen=True):
    """What a wrap-up may use."""

    business: list[Choice] = []
    question_type: list[Choice] = []
    resolution: list[Choice] = []


class Draft(msgspec.Struct, frozen=True):
    """A wrap-up that is being written. Codes of the catalogue, empty while not chosen."""

    business: str = ""
    question_type: str = ""
    resolution: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A field that is still owed: its name in code and the sentence to show at it."""

    field: str
    sentence: str


def missing(draft: Draft) -> tuple[Missing, ...]:
    """Return what keeps the draft from being submitted, in the order of the form."""
    owed = [
        Missing(field, sentence)
        for field, sentence in (
            ("business", "请选择业务类别"),
            ("question_type", "请选择问题类型"),
            ("resolution", "请选择处理结果"),
            ("text", "请填写处理情况"),
        )
        if not getattr(draft, field).strip()
    ]
    if len(draft.text) > TEXT_LIMIT:
        owed.append(Missing("text", f"处理情况最多 {TEXT_LIMIT} 字，请精简"))
    return tuple(owed)


def submission(draft: Draft, consultation: ConsultationId, request_id: RequestId) -> SubmitWrapUp:
    """Return the request for a complete draft."""
    return SubmitWrapUp(
        request_id=request_id,
        consultation=consultation,
        business=draft.business,
        question_type=draft.question_type,
        resolution=Resolution(draft.resolution),
        text=draft.text.strip(),
    )
