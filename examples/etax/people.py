"""The people one can be on the sample site. All are invented; no number belongs to anybody."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Who is signed in, as the site knows them. `org` is the administrative code of the office in charge."""

    key: str
    name: str
    tax_number: str
    taxpayer_type: str
    role: str
    org: str
    office: str


PEOPLE = {
    person.key: person
    for person in (
        Person(
            key="small",
            name="江西示例商贸有限公司",
            tax_number="91360100MA0SAMPLE1",
            taxpayer_type="小规模纳税人",
            role="办税员",
            org="360103",
            office="南昌市西湖区税务局",
        ),
        Person(
            key="general",
            name="江西示例制造有限公司",
            tax_number="91360100MA0SAMPLE2",
            taxpayer_type="一般纳税人",
            role="财务负责人",
            org="360111",
            office="南昌市青山湖区税务局",
        ),
        Person(
            key="individual",
            name="李示例",
            tax_number="360702190000000000",
            taxpayer_type="自然人",
            role="本人",
            org="360702",
            office="赣州市章贡区税务局",
        ),
    )
}
DEFAULT = PEOPLE["small"]
