// What a format makes of the number: the first thing one sees.

import { fillControls } from './controls.js'
import { $, button, element, list, shortened, template } from './elements.js'

const answers = {}

export function card(name) {
  if (!answers[name]) {
    const root = template('answer')
    $('.name', root).textContent = name.toUpperCase()
    $('.name', root).classList.add(name)
    $('.controls', root).setAttribute('aria-label', `fields of ${name.toUpperCase()}`)
    $('#results').append(root)
    answers[name] = root
  }
  return answers[name]
}

export function fillCard(name, answer, type, x, choose) {
  const root = card(name)
  $('.type', root).textContent = answer.type
  const [, bits] = answer.facts.find(([fact]) => fact === 'bits')
  $('.width', root).textContent = bits === '1' ? '1 bit' : `${bits} bits`
  fillResult(root, answer.result, x, choose)
  fillControls($('.controls', root), answer.controls, type, choose)
}

function fillResult(root, result, x, choose) {
  for (const part of root.querySelectorAll('.result, .more')) part.hidden = !result
  if (!result) return
  $('.from', root).textContent = shortened(x.trim())
  $('.value', root).textContent = result.value
  $('.kind', root).textContent = result.kind ?? ''
  $('.kind', root).classList.toggle('lost', result.kind === 'beyond the range')
  $('.result .refused', root).textContent = result.refused ?? ''
  const fields = (result.bits ?? []).map(([field, digits]) => {
    const group = element('span', digits, field)
    group.append(element('small', field))
    return group
  })
  $('.digits', root).replaceChildren(...fields)
  const error = result.error && `${result.error}${result.steps && result.error !== '0' ? `  (${result.steps} steps)` : ''}`
  list($('.numbers', root), [['error', error], ['code', result.code], ['exactly', result.exact]].filter(([, text]) => text))
  $('.advice', root).replaceChildren(...(result.advice ?? []).map(({ says, type }) => {
    const line = element('span', says)
    if (type) line.append(' ', button(type, `use ${type}`, () => choose(type, 'advice')))
    return line
  }))
}
