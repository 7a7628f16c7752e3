// One format in detail: its type to copy, its properties, its modes, its values.

import { $, button, element, list, say, shortened, template, term } from './elements.js'

const LABELS = { spec: 'Python', ap: 'C++', ac: 'AC', hls4ml: 'hls4ml' }
const articles = {}

export function article(name) {
  if (articles[name]) return articles[name]
  const root = template('format')
  $('.name', root).textContent = name.toUpperCase()
  $('.name', root).classList.add(name)
  $('.scroll', root).setAttribute('aria-label', `values of ${name.toUpperCase()}`)
  $('#formats').append(root)
  for (const which of ['rounding', 'overflow']) $(`.${which}`, root).addEventListener('change', () => pickSelected(name))
  return (articles[name] = { root })
}

export function fill(name, answer, choose) {
  const { root } = article(name)
  Object.assign(articles[name], { filled: true, modes: answer.modes, choose })
  $('.type', root).textContent = answer.type
  const [, bits] = answer.facts.find(([fact]) => fact === 'bits')
  $('.width', root).textContent = bits === '1' ? '1 bit' : `${bits} bits`
  list($('.facts dl', root), answer.facts)
  fillTexts(root, answer)
  root.classList.toggle('flat', !answer.modes)
  $('.modes', root).hidden = !answer.modes
  if (answer.modes) fillModes(name, root, answer.modes)
}

function fillTexts(root, { texts, notes }) {
  const place = $('.texts ul', root)
  if (!place.children.length) place.append(...texts.map(({ name }) => textRow(LABELS[name])))
  texts.forEach(({ text, refused }, n) => {
    const row = place.children[n]
    $('code', row).textContent = text ?? refused
    $('code', row).className = refused ? 'none' : ''
    $('button', row).hidden = Boolean(refused)
  })
  $('.texts .note', root).textContent = notes.length ? `ac_fixed.h differs: ${notes.join('; ')}` : ''
}

function textRow(label) {
  const row = element('li')
  const code = element('code')
  row.append(element('span', label), code, copyButton(code, label))
  return row
}

function copyButton(code, label) {
  const made = button('Copy', `Copy ${label}`, async () => {
    let done = 'Copied'
    try {
      await navigator.clipboard.writeText(code.textContent)
    } catch {
      getSelection().selectAllChildren(code)
      done = 'Selected'
    }
    made.textContent = done
    say(`${label}: ${done.toLowerCase()}`)
    setTimeout(() => (made.textContent = 'Copy'), 1500)
  })
  return made
}

function fillModes(name, root, modes) {
  const names = { rounding: modes.rows.map((row) => row.rounding), overflow: modes.overflows }
  for (const which of ['rounding', 'overflow']) {
    const select = $(`.${which}`, root)
    if (!select.options.length) select.replaceChildren(...names[which].map((mode) => element('option', mode)))
    select.value = modes[which]
  }
  const n = modes.overflows.indexOf(modes.overflow)
  const now = modes.rows.find((row) => row.rounding === modes.rounding).cells[n]
  modes.overflows.forEach((_, k) => ($('.overflow', root).options[k].disabled = !modes.rows[0].cells[k]))
  const focused = root.contains(document.activeElement) && document.activeElement.closest('.modes td')
  const head = element('tr')
  head.append(element('td'), ...modes.overflows.map((mode) => heading(mode, 'col')))
  $('.modes thead', root).replaceChildren(head)
  const rows = modes.rows.map(({ rounding, cells }) => {
    const row = element('tr')
    row.append(heading(rounding, 'row'), ...cells.map((cell, k) => modeCell(name, cell, now, rounding, modes.overflows[k])))
    return row
  })
  $('.modes tbody', root).replaceChildren(...rows)
  if (focused) $('[aria-pressed=true]', root).focus()
  $('.modes .refused', root).textContent = modes.refused.join(' · ')
  $('.modes .note', root).textContent = modes.note
}

function heading(text, scope) {
  const made = term('th', text)
  made.scope = scope
  return made
}

function modeCell(name, cell, now, rounding, overflow) {
  if (!cell) return element('td', '–', 'none')
  const made = button(shortened(cell.value ?? '·'), `${rounding}, ${overflow}: ${cell.value ?? ''}`, () => pick(name, cell))
  made.className = cell.code === now.code ? 'same' : 'other'
  made.tabIndex = -1 // by keyboard the two lists do the same
  made.setAttribute('aria-pressed', String(cell === now))
  const place = element('td')
  place.append(made)
  return place
}

function pickSelected(name) {
  const { root, modes } = articles[name]
  const row = modes.rows.find(({ rounding }) => rounding === $('.rounding', root).value)
  pick(name, row.cells[modes.overflows.indexOf($('.overflow', root).value)])
}

function pick(name, cell) {
  articles[name].choose(cell.type)
}
