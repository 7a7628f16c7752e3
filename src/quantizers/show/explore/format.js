// One format: its type in each language, what it makes of the number, and the effect of each mode.

import { $, element, say, shortened } from './elements.js'

const LABELS = { spec: 'Python', ap: 'C++', ac: 'AC', hls4ml: 'hls4ml' }
const articles = {}

export function article(name) {
  if (articles[name]) return articles[name]
  const root = $('#format').content.cloneNode(true).firstElementChild
  $('.name', root).textContent = name.toUpperCase()
  $('.name', root).classList.add(name)
  $('.scroll', root).setAttribute('aria-label', `values of ${name.toUpperCase()}`)
  $('#formats').append(root)
  for (const which of ['rounding', 'overflow']) $(`.${which}`, root).addEventListener('change', () => pickSelected(name))
  return (articles[name] = { root })
}

export function fill(name, answer, x) {
  const { root } = article(name)
  Object.assign(articles[name], { filled: true, modes: answer.modes })
  $('.type', root).textContent = answer.type
  const [, bits] = answer.facts.find(([fact]) => fact === 'bits')
  $('.width', root).textContent = bits === '1' ? '1 bit' : `${bits} bits`
  list($('.facts dl', root), answer.facts)
  fillTexts(root, answer)
  fillResult(root, answer.result, x)
  root.classList.toggle('flat', !answer.modes)
  $('.modes', root).hidden = !answer.modes
  if (answer.modes) fillModes(name, root, answer.modes)
}

function list(place, pairs) {
  place.replaceChildren(...pairs.flatMap(([name, text]) => [element('dt', name), element('dd', text)]))
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
  const button = element('button', 'Copy')
  button.type = 'button'
  button.setAttribute('aria-label', `Copy ${label}`)
  button.addEventListener('click', async () => {
    let done = 'Copied'
    try {
      await navigator.clipboard.writeText(code.textContent)
    } catch {
      getSelection().selectAllChildren(code)
      done = 'Selected'
    }
    button.textContent = done
    say(`${label}: ${done.toLowerCase()}`)
    setTimeout(() => (button.textContent = 'Copy'), 1500)
  })
  return button
}

function fillResult(root, result, x) {
  $('.result', root).hidden = !result
  if (!result) return
  $('.from', root).textContent = shortened(x.trim())
  $('.value', root).textContent = result.value
  $('.kind', root).textContent = result.kind ?? ''
  $('.result .refused', root).textContent = result.refused ?? ''
  const fields = (result.bits ?? []).map(([field, digits]) => {
    const group = element('span', digits, field)
    group.append(element('small', field))
    return group
  })
  $('.digits', root).replaceChildren(...fields)
  const error = result.error && `${result.error}${result.steps && result.error !== '0' ? `  (${result.steps} steps)` : ''}`
  const pairs = [['error', error], ['code', result.code], ['bits', result.hex && `0x${result.hex}`], ['exactly', result.exact]]
  list($('.numbers', root), pairs.filter(([, text]) => text))
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
  const made = element('th', text)
  made.scope = scope
  return made
}

function modeCell(name, cell, now, rounding, overflow) {
  if (!cell) return element('td', '–', 'none')
  const button = element('button', shortened(cell.value ?? '·'), cell.code === now.code ? 'same' : 'other')
  button.type = 'button'
  button.tabIndex = -1 // by keyboard the two lists do the same
  button.setAttribute('aria-pressed', String(cell === now))
  button.setAttribute('aria-label', `${rounding}, ${overflow}: ${cell.value ?? ''}`)
  button.addEventListener('click', () => pick(name, cell))
  const made = element('td')
  made.append(button)
  return made
}

function pickSelected(name) {
  const { root, modes } = articles[name]
  const row = modes.rows.find(({ rounding }) => rounding === $('.rounding', root).value)
  pick(name, row.cells[modes.overflows.indexOf($('.overflow', root).value)])
}

function pick(name, cell) {
  $(`#${name}`).value = cell.type
  $('#query').requestSubmit()
}
