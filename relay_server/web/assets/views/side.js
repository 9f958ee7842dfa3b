/** Beside the conversation on a wide screen: who I am here, what the agent sees, and what to be careful about. */

import { say } from '../texts.js'
import { h, renderOnce } from './dom.js'
import { icon } from './icons.js'

export class Side extends HTMLElement {
  update({ consultation }) {
    const key = JSON.stringify([consultation?.taxpayer, consultation?.context, consultation?.agent, consultation?.id])
    renderOnce(this, key, () => [
      consultation?.taxpayer && card('person', say('side_me'), taxpayerFacts(consultation.taxpayer)),
      consultation?.agent && card('headset', say('side_agent'), agentFacts(consultation.agent)),
      consultation?.context && card('page', say('context_label'), contextFacts(consultation.context)),
      h('section', { class: 'side-card caution' }, h('h2', {}, icon('shield'), say('side_safety')),
        h('ul', {}, ['side_safety_1', 'side_safety_2', 'side_safety_3'].map((line) => h('li', {}, say(line))))),
    ].filter(Boolean))
  }
}

/** Return the lines of a table of facts, empty ones left out. */
const known = (facts) => facts.filter(([, value]) => value)

const taxpayerFacts = ({ name, assurance, tax_number: number, taxpayer_type: type, role, office }) =>
  known([
    ['side_name', name || say('side_anonymous')],
    ['side_assurance', say(assurance === 'verified' ? 'verified' : 'unverified')],
    ['side_number', number], ['side_type', type], ['side_role', role], ['side_office', office?.name],
  ])

const agentFacts = ({ name, number, office }) => known([['side_agent_name', name], ['side_badge', number], ['side_office', office.name]])

/** What the e-tax site said about where the person is. */
export const contextFacts = ({ page, function: name, form, period, error }) =>
  known([['context_page', page], ['context_function', name], ['context_form', form], ['context_period', period], ['context_error', error]])

const card = (symbol, title, facts) =>
  h('section', { class: 'side-card' }, h('h2', {}, icon(symbol), title), factList(facts))

/** Return facts as a description list. */
export const factList = (facts) => h('dl', {}, facts.flatMap(([key, value]) => [h('dt', {}, say(key)), h('dd', {}, value)]))

customElements.define('bw-side', Side)
