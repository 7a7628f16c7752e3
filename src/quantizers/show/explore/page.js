// The page: asks the server for text and shows it as text. It computes no number.

import { $, ask, say, shortened } from './elements.js'
import { article, fill } from './format.js'
import { plot } from './plot.js'
import { turnTo } from './values.js'

const START = { a: 'ap_fixed<8, 3, AP_RND, AP_SAT>', b: '', x: '3.3', view: 'range' }
const NAMES = ['a', 'b']
const PAUSE = 120 // milliseconds without a key before the server is asked

let drawn = null
let turn = 0

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

function since() {
  const mine = turn
  return () => mine === turn
}

async function update() {
  turn++
  const current = since()
  const state = read()
  const hash = `#${new URLSearchParams(state)}`
  if (hash !== location.hash) history.replaceState(null, '', hash)
  try {
    await show(state, current)
    if (current()) $('#trouble').textContent = ''
  } catch (error) {
    if (current()) $('#trouble').textContent = error.message
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
    const { root, filled } = article(name)
    root.hidden = !wanted.includes(name) || !(filled || good.includes(name))
    root.classList.toggle('stale', !good.includes(name))
  }
  $('#formats').classList.toggle('two', !article('b').root.hidden)
  wanted.forEach((name, n) => good.includes(name) && fill(name, answers[n], x))
  $('#curve').classList.toggle('stale', !good.length)
  say(wanted.map((name, n) => spoken(name, answers[n])).join('. '))
  const [first, second] = good
  const pages = good.map((name) => turnTo(article(name).root, state[name], x, '', since, current))
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

function spoken(name, { result, type }) {
  return type && result ? `${name.toUpperCase()}: ${shortened(result.value)}, ${result.kind ?? result.refused}` : ''
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
