/** 发票开具: amounts, the checks of issuing, and what an agent may see of it. */

import { money, moneyText, report, showDone, showError } from './site.js'

const QUOTA = 200000
const RATES = { '1%': 0.01, '3%': 0.03, 免税: 0 }
const form = document.getElementById('invoice')
const value = (name) => form.elements[name].value
const amount = () => money(value('quantity')) * money(value('price'))

function show() {
  document.getElementById('amount').value = moneyText(amount() || 0)
  document.getElementById('tax').value = moneyText(amount() * RATES[value('rate')] || 0)
  report({ elements: {
    invoice_type: value('kind'), buyer_name: value('buyer'), buyer_tax_number: value('buyer_number'),
    goods: value('goods'), tax_rate: value('rate'), amount: moneyText(amount() || 0),
  } })
}

function problem() {
  if (!value('buyer').trim()) return { field: 'buyer', code: 'KP4301', title: '购买方名称未填写', text: '请填写购买方名称。' }
  if (!(amount() > 0)) return { field: 'price', code: 'KP4302', title: '金额不正确', text: '数量和单价应为大于 0 的数字。' }
  if (amount() > QUOTA) return { field: 'price', code: 'KP4203', title: '可用发票额度不足', text: `本张发票金额超过本月可用额度 ${moneyText(QUOTA)} 元，可先完成上期申报或申请调整额度。` }
  if (value('goods').includes('烟花')) return { field: 'goods', code: 'KP4207', title: '项目与经营范围不符', text: '所选商品编码不在登记的经营范围内，请核对编码是否选错。' }
  return null
}

form.addEventListener('input', show)
form.addEventListener('reset', () => setTimeout(() => { showError(null); show() }))
form.addEventListener('submit', (event) => {
  event.preventDefault()
  const found = problem()
  if (found) showError(found)
  else showDone('开具成功', `${value('kind')}已开具，金额 ${moneyText(amount())} 元。`)
})
show()
