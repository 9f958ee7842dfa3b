"""What the codes of e-tax modules and business elements are called; what is unknown is shown as it came."""

from relay_protocol.messages import BusinessContext

_MODULES = {
    "vat_filing": "增值税申报",
    "invoice_issue": "发票开具",
    "social_insurance": "社会保险费",
}
_ELEMENTS = {
    "taxpayer_kind": "纳税人类型",
    "sales": "销售额",
    "output_tax": "销项税额",
    "input_tax": "进项税额",
    "tax_due": "应纳税额",
    "deduction": "减免税额",
    "invoice_type": "发票类型",
    "buyer_name": "购买方名称",
    "buyer_tax_number": "购买方税号",
    "amount": "金额",
    "tax_rate": "税率",
    "goods": "货物或服务",
    "insured_count": "参保人数",
    "payment_base": "缴费基数",
    "insurance_kind": "险种",
    "id_number": "证件号码",
    "bank_account": "银行账号",
}


def module_name(code: str) -> str:
    """Return what a module is called; empty for a code that nobody here could read."""
    return _MODULES.get(code, "" if code.isascii() else code)


def element_name(code: str) -> str:
    """Return what a business element is called."""
    return _ELEMENTS.get(code, code)


def place_text(context: BusinessContext) -> str:
    """Return where a taxpayer stands, as short as a line: module and page."""
    return " › ".join(part for part in (module_name(context.module), context.page) if part)
