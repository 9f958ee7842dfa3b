/** 增值税申报: sums, the checks of the filing, and what an agent may see of it. */

import { money, moneyText, report, showDone, showError } from './site.js'

const INVOICED = { special: 82000, ordinary: 128600 } // what the invoice system says of this quarter
const RATE = 0.03
const REDUCED = 0.01
const SURCHARGE = 0.06 // 城建 7%、教育 3%、地方教育 2%，减半
const form = document.getElementById('vat')
const field = (name) => money(form.elements[name].value)
const fields = ['special', 'ordinary', 'uninvoiced', 'exempt']

function reckon() {
  const sales = field('special') + field('ordinary') + field('uninvoiced')
  const taxable = Math.max(0, sales - field('exempt'))
  return { sales, taxable, reduction: taxable * (RATE - REDUCED), due: taxable * REDUCED, surcharge: taxable * REDUCED * SURCHARGE }
}

function show() {
  const sums = reckon()
  for (const name of ['taxable', 'reduction', 'due', 'surcharge']) document.getElementById(name).value = moneyText(sums[name] || 0)
  report({ elements: {
    taxpayer_kind: document.body.dataset.taxpayerType,
    sales: moneyText(sums.sales || 0),
    deduction: moneyText(sums.reduction || 0),
    tax_due: moneyText(sums.due || 0),
  } })
}

function problem() {
  for (const name of fields) {
    const value = field(name)
    if (!Number.isFinite(value) || value < 0) return { field: name, code: 'SB2052', title: '数据校验不通过', text: '请填写不小于 0 的金额，最多两位小数。' }
  }
  for (const name of ['special', 'ordinary']) {
    if (field(name) < INVOICED[name]) {
      return { field: name, code: 'SB2031', title: '申报比对不通过', text: `填报的销售额小于发票系统数据 ${moneyText(INVOICED[name])} 元，请核对后重新填写；确有红字冲减的，请在情况说明中写明。` }
    }
  }
  const { sales } = reckon()
  if (field('exempt') > sales) return { field: 'exempt', code: 'SB2052', title: '数据校验不通过', text: '免税销售额不能大于销售额合计。' }
  return null
}

form.addEventListener('input', show)
form.addEventListener('reset', () => setTimeout(() => { showError(null); show() }))
form.addEventListener('submit', (event) => {
  event.preventDefault()
  const found = problem()
  if (found) showError(found)
  else showDone('申报成功', `本期应纳税额 ${moneyText(reckon().due)} 元，请在申报期限内缴纳。`)
})
show()
