// The page: asks the server for text and shows it as text. It computes no number.

import { plot } from './plot.js'

const START = { a: 'ap_fixed<8, 3, AP_RND, AP_SAT>', b: '', x: '3.3', view: 'range' }
const LABELS = { spec: 'Python', ap: 'C++', ac: 'AC', hls4ml: 'hls4ml' }
const NAMES = ['a', 'b']
const PAUSE = 120 // milliseconds without a key before the server is asked
const LONGEST = 22 // characters of a cell: those of a 64-bit code fit
const FEW_BITS = 16 // that a row of the table shows one by one

const $ = (selector, root = document) => root.querySelector(selector)
const articles = {}
let drawn = null
let turn = 0

function element(tag, text = '', className = '') {
  const made = document.createElement(tag)
  made.textContent = text
  if (className) made.className = className
  return made
}

function shortened(text) {
  if (text.length <= LONGEST) return text
  return `${text.slice(0, 10)}…${text.slice(-6)}`
}

async function ask(what, fields) {
  const given = Object.entries(fields).filter(([name, text]) => text !== '' || name === 'type')
  const answer = await fetch(`/api/${what}?${new URLSearchParams(given)}`)
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

// the state: in the fields, and in the address

function read() {
  return { a: $('#a').value, b: $('#b').value, x: $('#x').value, view: $('input[name=view]:checked').value }
}

function restore() {
  const state = { ...START, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) }
  for (const name of ['a', 'b', 'x']) $(`#${name}`).value = state[name]
  $(`input[name=view][value=${state.view === 'near' ? 'near' : 'range'}]`).checked = true
  return update()
}

async function update() {
  const mine = ++turn
  const state = read()
  const hash = `#${new URLSearchParams(state)}`
  if (hash !== location.hash) history.replaceState(null, '', hash)
  try {
    await show(state, () => mine === turn)
    if (mine === turn) $('#trouble').textContent = ''
  } catch (error) {
    if (mine !== turn) return
    const gone = error instanceof TypeError // of fetch: nobody listens
    $('#trouble').textContent = gone ? 'No answer: has quantizers explore ended?' : error.message
  }
}

async function show(state, current) {
  const wanted = NAMES.filter((name) => name === 'a' || state[name].trim())
  const answers = await Promise.all(wanted.map((name) => ask('format', { type: state[name], x: state.x })))
  if (!current()) return
  const wrong = Object.assign({}, ...answers.map(({ errors }) => errors))
  complain('x', wrong.x)
  for (const name of NAMES) complain(name, answers[wanted.indexOf(name)]?.errors.type)
  const x = wrong.x ? '' : state.x
  const good = wanted.filter((name, n) => !answers[n].errors.type)
  for (const name of NAMES) {
    const { root } = article(name)
    root.hidden = !wanted.includes(name) || !(articles[name].filled || good.includes(name))
    root.classList.toggle('stale', !good.includes(name))
  }
  $('#formats').classList.toggle('two', !article('b').root.hidden)
  wanted.forEach((name, n) => good.includes(name) && fill(name, answers[n], x))
  $('#curve').classList.toggle('stale', !good.length)
  say(wanted.map((name, n) => spoken(name, answers[n])).join('. '))
  const [first, second] = good
  const pages = good.map((name) => turnTo(name, state[name], x, '', current))
  if (first) {
    const answer = await ask('curve', { a: state[first], b: second ? state[second] : '', x, view: state.view })
    if (!current()) return
    drawn = { answer, names: good, label: `Transfer curve of ${good.map((name) => state[name]).join(' and ')}` }
    draw()
  }
  await Promise.all(pages)
}

function draw() {
  if (drawn) plot($('#plot'), drawn.answer, drawn.names, drawn.label)
}

function complain(name, message = '') {
  $(`#error-${name}`).textContent = message
  $(`#${name}`).setAttribute('aria-invalid', String(Boolean(message)))
}

function say(text) {
  $('#said').textContent = text
}

function spoken(name, { result, type }) {
  return type && result ? `${name.toUpperCase()}: ${shortened(result.value)}, ${result.kind ?? result.refused}` : ''
}

// one format

function article(name) {
  if (articles[name]) return articles[name]
  const root = $('#format').content.cloneNode(true).firstElementChild
  $('.name', root).textContent = name.toUpperCase()
  $('.name', root).classList.add(name)
  $('.scroll', root).setAttribute('aria-label', `values of ${name.toUpperCase()}`)
  $('#formats').append(root)
  for (const which of ['rounding', 'overflow']) $(`.${which}`, root).addEventListener('change', () => pickSelected(name))
  return (articles[name] = { root })
}

function fill(name, answer, x) {
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
  update()
}

// the table of values

async function turnTo(name, type, x, start, current) {
  const { root } = article(name)
  const page = await ask('values', { type, x, start })
  if (!current() || !page.rows) return
  $('.which', root).textContent = page.shown
  for (const button of root.querySelectorAll('.pages button')) {
    const to = page.starts[button.dataset.start]
    button.disabled = to === undefined
    button.onclick = () => {
      const mine = turn
      turnTo(name, type, x, to, () => mine === turn).catch((error) => ($('#trouble').textContent = error.message))
    }
  }
  $('.values tbody', root).replaceChildren(...page.rows.map(valueRow))
  const box = $('.scroll', root)
  const here = $('.here', box)
  box.scrollTop = here ? here.offsetTop - box.clientHeight / 2 : 0
}

function valueRow({ code, bits, hex, value, exact, here }) {
  const row = element('tr', '', here ? 'here' : '')
  const digits = element('td')
  if (bits && bits.reduce((sum, [, text]) => sum + text.length, 0) <= FEW_BITS) {
    digits.append(...bits.map(([field, text]) => element('span', text, field)))
  } else {
    digits.textContent = `0x${shortened(hex)}`
  }
  row.append(element('td', shortened(code)), digits, element('td', shortened(value)), element('td', shortened(exact), 'exact'))
  return row
}

let pause
$('#query').addEventListener('submit', (event) => {
  event.preventDefault()
  update()
})
$('#query').addEventListener('input', () => {
  clearTimeout(pause)
  pause = setTimeout(update, PAUSE)
})
$('#curve fieldset').addEventListener('change', update)
addEventListener('hashchange', restore)
new ResizeObserver(draw).observe($('#plot'))
restore()
