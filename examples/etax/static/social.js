/** 社保费缴纳: the shares, the checks of paying, and what an agent may see of it. */

import { money, moneyText, report, showDone, showError } from './site.js'

const form = document.getElementById('social')
const value = (name) => form.elements[name].value
const base = () => money(value('base'))
const shares = [...document.querySelectorAll('[data-share]')]
const total = () => shares.reduce((sum, cell) => sum + base() * Number(cell.dataset.share), 0)

function show() {
  for (const cell of shares) cell.value = moneyText(base() * Number(cell.dataset.share) || 0)
  document.getElementById('total').value = moneyText(total() || 0)
  report({ elements: {
    insured_count: value('insured'), payment_base: moneyText(base() || 0), insurance_kind: '养老、医疗、失业、工伤',
    amount: moneyText(total() || 0), bank_account: value('account'),
  } })
}

function problem() {
  if (!(money(value('insured')) > 0)) return { field: 'insured', code: 'SF5104', title: '参保人数不正确', text: '请填写实际参保人数。' }
  if (base() / money(value('insured')) < 3957) return { field: 'base', code: 'SF5103', title: '缴费基数低于下限', text: '人均缴费基数低于本年度下限，请核对缴费工资后重新申报。' }
  if (value('way') === '三方协议扣款' && !value('account')) return { field: 'account', code: 'SF5102', title: '三方协议扣款失败', text: '没有可用的三方协议账户，请重新验证协议，或改用银行端查询缴费。' }
  return null
}

form.addEventListener('input', show)
form.addEventListener('reset', () => setTimeout(() => { showError(null); show() }))
form.addEventListener('submit', (event) => {
  event.preventDefault()
  const found = problem()
  if (found) showError(found)
  else showDone('申报并缴费成功', `本期社会保险费 ${moneyText(total())} 元。`)
})
show()
