"""Who the taxpayer is and where they stand in the e-tax site: now, and on the way there."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QStackedWidget, QWidget

from agent_app.models.lines import time_text
from agent_app.models.terms import element_name, module_name, place_text
from agent_app.state.consultation import Consultation
from agent_app.views.chat import BADGES
from agent_app.views.empty import EmptyState
from agent_app.views.theme import SIZE, mark
from agent_app.views.widgets import badge, clear, column, frame, label, row
from relay_protocol.messages import BusinessContext, TaxpayerCard

CHANNELS = {"web": "网页", "wechat": "微信", "sms": "短信", "app": "税务 APP"}
HISTORY = 12


class TaxpayerPanel(QScrollArea):
    """Shows one consultation's taxpayer; draws again only when the facts have changed."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("纳税人"))
        inner = QWidget()
        self._name, self._badge = label(tone="title", wrap=True), badge()
        self._facts = _Facts(self.tr("纳税人信息"))
        self._place = _Facts(self.tr("当前业务场景"))
        self._way = _Facts(self.tr("浏览轨迹"))
        known = column(row(self._name, self._badge), self._facts, self._place, self._way, 0, pad=SIZE.pad, gap=12)
        inner.setLayout(known)
        stack = QStackedWidget()
        stack.addWidget(
            EmptyState("person", self.tr("纳税人"), self.tr("打开咨询后，这里显示身份、所在页面和业务要素"))
        )
        stack.addWidget(inner)
        self.setWidget(stack)
        self._stack = stack
        self._shown: tuple[object, ...] = ()

    def show_consultation(self, one: Consultation | None) -> None:
        """Draw what is known."""
        shown = (one.taxpayer, one.contexts, one.channel, one.ticket) if one else ()
        if shown == self._shown and self._shown:
            return
        self._shown = shown
        self._stack.setCurrentIndex(1 if one is not None else 0)
        if one is None:
            return
        self._name.setText(one.name)
        words, tone = BADGES[one.taxpayer.assurance] if one.taxpayer else ("", "calm")
        self._badge.setText(words)
        mark(self._badge, "badge", tone)
        self._facts.show_facts(_card_facts(one.taxpayer, one))
        self._place.show_facts(_context_facts(one.context) if one.context else [("", self.tr("尚未收到页面信息"), "")])
        earlier = list(reversed(one.contexts[:-1]))[:HISTORY]
        self._way.setVisible(bool(earlier))
        self._way.show_facts([(time_text(context.at), place_text(context), "") for context in earlier])


class _Facts(QWidget):
    """A titled card of facts: name, value, tone."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        card = frame("card")
        self._grid = QGridLayout(card)
        self._grid.setContentsMargins(12, 10, 12, 10)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)
        self.setLayout(column(label(title, "section"), card, gap=6))

    def show_facts(self, facts: list[tuple[str, str, str]]) -> None:
        clear(self._grid)
        for line, (name, value, tone) in enumerate(facts):
            shown = label(value, tone, wrap=True)
            shown.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            shown.setAccessibleName(f"{name}：{value}" if name else value)
            caption = label(name, "quiet")
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(caption, line, 0)
            self._grid.addWidget(shown, line, 1)


def _card_facts(card: TaxpayerCard | None, one: Consultation) -> list[tuple[str, str, str]]:
    known = [
        ("税号", card.tax_number, ""),
        ("类型", card.taxpayer_type, ""),
        ("身份", card.role, ""),
        ("主管机关", card.office.name if card.office else "", ""),
    ] if card else []  # fmt: skip
    known += [("来源", CHANNELS.get(one.channel, one.channel), ""), ("排队号", one.ticket, "")]
    return [fact for fact in known if fact[1]]


def _context_facts(context: BusinessContext) -> list[tuple[str, str, str]]:
    known = [
        ("模块", module_name(context.module), ""),
        ("功能", context.function, ""),
        ("页面", context.page, ""),
        ("表单", context.form, ""),
        ("所属期", context.period, ""),
        ("报错", context.error, "wrong"),
        *((element_name(code), value, "") for code, value in context.elements.items()),
        ("更新于", time_text(context.at) if context.at else "", "quiet"),
    ]
    if not context.verified:
        known.append(("来源", "页面自述，未经网站签名", "wrong"))
    return [fact for fact in known if fact[1]]
