"""The agent's workbench 座席工作台.

app joins everything > views show state and emit wishes | services carry wishes out > models, ports > state decides.
"""
