// The page: asks the server for text and shows it as text. It computes no number.

import * as charts from './charts.js'
import { fillPresets } from './controls.js'
import * as data from './data.js'
import { $, ask, explain, say, shortened } from './elements.js'
import { article, fill } from './format.js'
import { card, fillCard } from './result.js'
import { turnTo } from './values.js'

const START = { a: 'ap_fixed<8, 3, AP_RND, AP_SAT>', b: '', x: '3.3', low: '', high: '', below: 'error', base: 'binary', tensor: '' }
const NAMES = ['a', 'b']
const FIELDS = [...NAMES, 'x']
const PAUSE = 120 // milliseconds without a key before the server is asked
const BURST = 1500 // milliseconds: changes of one thing that are closer are undone together

// the state: in the fields, in the address, and, for the browser's back, in its history

let state = { ...START }
let last = { what: '', at: 0 }
let turn = 0

const address = () => `#${new URLSearchParams(Object.entries(state).filter(([name, text]) => text !== START[name]))}`

function restore() {
  state = { ...START, ...Object.fromEntries([...new URLSearchParams(location.hash.slice(1))].filter(([name]) => name in START)) }
  for (const name of FIELDS) $(`#${name}`).value = state[name]
  if (state.below !== 'difference') state.below = 'error'
  $(`input[name=below][value=${state.below}]`).checked = true
  if (![...$('#base').options].some(({ value }) => value === state.base)) state.base = START.base
  $('#base').value = state.base
  if (state.tensor) $('#tensor').value = state.tensor
  last = { what: '', at: 0 }
  return update()
}

// `what` is changed: one step back for what changes at once
function change(what, changes) {
  state = { ...state, ...changes }
  // what is being typed elsewhere stays
  for (const name of FIELDS) if (name in changes && $(`#${name}`).value !== state[name]) $(`#${name}`).value = state[name]
  if (address() !== (location.hash || '#')) {
    const together = last.what === what && Date.now() - last.at < BURST
    history[together ? 'replaceState' : 'pushState'](null, '', address())
    last = { what, at: Date.now() }
  }
  return update()
}

// another format may be seen as a whole
const choose = (name, type, what) => change(`${what} of ${name}`, { [name]: type, low: '', high: '' })

function since() {
  const mine = turn
  return () => mine === turn
}

async function update() {
  turn++
  const current = since()
  try {
    const trouble = await show(current)
    if (current()) $('#trouble').textContent = trouble ?? ''
  } catch (error) {
    if (current()) $('#trouble').textContent = error.message
  }
}

async function show(current) {
  const wanted = NAMES.filter((name) => name === 'a' || state[name].trim())
  const { base } = state
  const answers = await Promise.all(wanted.map((name) => ask('format', { type: state[name], x: state.x, base })))
  if (!current()) return
  const wrong = Object.assign({}, ...answers.map(({ errors }) => errors))
  complain('x', wrong.x)
  for (const name of NAMES) complain(name, answers[wanted.indexOf(name)]?.errors.type)
  const x = wrong.x ? '' : state.x
  const good = wanted.filter((name, n) => !answers[n].errors.type)
  for (const name of NAMES) {
    const { root, filled } = article(name)
    for (const part of [root, card(name)]) {
      part.hidden = !wanted.includes(name) || !(filled || good.includes(name))
      part.classList.toggle('stale', !good.includes(name))
    }
  }
  for (const place of ['#formats', '#results', '#histograms']) $(place).classList.toggle('two', !article('b').root.hidden)
  wanted.forEach((name, n) => {
    if (!good.includes(name)) return
    fill(name, answers[n], (type) => choose(name, type, 'mode'))
    fillCard(name, answers[n], state[name], x, (type, what) => choose(name, type, what))
  })
  $('#curve').classList.toggle('stale', !good.length)
  say(wanted.map((name, n) => spoken(name, answers[n])).join('. '))
  const pages = good.map((name) => turnTo(article(name).root, { type: state[name], x, base }, '', since, current))
  const charted = good.length ? await look({}, good, current) : null
  await data.showData(state, good, current, (name, type) => choose(name, type, 'proposal'))
  await Promise.all(pages)
  return charted?.errors.window
}

// the charts, of the window that the server makes of the state and what is asked for
async function look(asked, good, current) {
  const [first, second] = good
  const { low, high, x } = state
  const answer = await ask('curve', { a: state[first], b: second ? state[second] : '', x: $('#x').ariaInvalid === 'true' ? '' : x, low, high, ...asked })
  if (!current()) return null
  charts.show(answer, good, { ...state }, good.map((name) => state[name]).join(' and '))
  return answer
}

async function lookElsewhere(asked) {
  if (asked === null) return change('window', { low: '', high: '' })
  const current = since()
  const good = NAMES.filter((name) => state[name].trim() && $(`#${name}`).ariaInvalid !== 'true')
  try {
    const answer = await look(asked, good, current)
    if (!answer) return
    const [low, high] = answer.window
    state = { ...state, low, high }
    history[last.what === 'window' ? 'replaceState' : 'pushState'](null, '', address())
    last = { what: 'window', at: Date.now() }
  } catch (error) {
    $('#trouble').textContent = error.message
  }
}

function complain(name, message = '') {
  $(`#error-${name}`).textContent = message
  $(`#${name}`).ariaInvalid = String(Boolean(message))
}

function spoken(name, { result, type }) {
  return type && result ? `${name.toUpperCase()}: ${shortened(result.value)}, ${result.kind ?? result.refused}` : ''
}

let pause
$('#query').addEventListener('submit', (event) => {
  event.preventDefault()
  update()
})
$('#query').addEventListener('input', ({ target }) => {
  if (!FIELDS.includes(target.id)) return
  clearTimeout(pause)
  pause = setTimeout(() => {
    const typed = Object.fromEntries(FIELDS.map((name) => [name, $(`#${name}`).value])) // of all, as one may be quick
    const another = NAMES.some((name) => typed[name] !== state[name])
    change(target.id, { ...typed, ...(another ? { low: '', high: '' } : {}) })
  }, PAUSE)
})
for (const radio of document.querySelectorAll('input[name=below]')) {
  radio.addEventListener('change', () => change('below', { below: radio.value }))
}
$('#base').addEventListener('change', () => change('base', { base: $('#base').value }))
charts.listen({ setX: (x) => change('x', { x }), look: lookElsewhere })
data.listen(() => change('tensor', { tensor: $('#tensor').value }))
addEventListener('popstate', restore)
new ResizeObserver(() => {
  charts.redraw()
  data.redraw()
}).observe($('main'))

async function start() {
  const { presets, tensors, terms } = await ask('start', {})
  explain(terms)
  document.querySelectorAll('.presets').forEach((select, n) => fillPresets(select, presets, (type) => choose(NAMES[n], type, 'name')))
  data.listTensors(tensors, '')
  await restore()
  if (tensors.length && !state.tensor) change('tensor', { tensor: $('#tensor').value })
}
start().catch((error) => ($('#trouble').textContent = error.message))
