// The charts, and what one does with them: drag x or the window, zoom, and look at a point.

import { chart, margin } from './chart.js'
import { $, ask, element, shortened } from './elements.js'

const LOWER = 120 // pixels
const NUDGE = 0.01 // of the window, by an arrow key
const MOVE = 0.125 // of the window, likewise
const NEAR = 10 // pixels from the line of x, where it is taken hold of
const STILL = 4 // pixels within which a press is a click

let drawn = null // { answer, names, state, label }
let box = null // of the curves of the first chart
let act = null // { setX(text), look(fields) }
let held = null // { from, window } while the pointer is down; no window: x is held

export function show(answer, names, state, label) {
  drawn = { answer, names, state, label }
  redraw()
}

export function redraw() {
  if (!drawn) return
  const { answer, names, state, label } = drawn
  const two = names.length > 1
  const below = state.below === 'difference' && answer.difference ? answer.difference : answer.error
  $('#close').hidden = !answer.near
  $('.legend .b').hidden = !names.includes('b')
  $('.legend .a').hidden = !names.includes('a')
  $('input[value=difference]').disabled = !two
  const place = $('#plot')
  const left = margin(place, [answer.main, below])
  const height = Math.round(Math.min(300, Math.max(200, place.clientWidth * 0.4)))
  box = chart(place, answer.main, { names, height, left, identity: true })
  chart($('#below'), below, { names: below === answer.error ? names : ['b'], height: LOWER, left, zero: true })
  if (answer.near) {
    const near = $('#near')
    chart(near, answer.near, { names, height: Math.round(Math.min(300, Math.max(200, near.clientWidth * 0.8))), left: margin(near, [answer.near]), identity: true })
  }
  place.setAttribute('aria-label', `x, on the transfer curve of ${label}`)
  place.setAttribute('aria-valuenow', String(Math.round(100 * Math.min(1, Math.max(0, here() ?? 0)))))
  place.setAttribute('aria-valuetext', state.x || 'none')
}

export function listen(actions) {
  act = { ...actions, look: oneByOne(actions.look) }
  const place = $('#plot')
  place.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !box) return
    place.setPointerCapture(event.pointerId)
    hide()
    held = { from: event.clientX, window: besideX(event) ? null : drawn.answer.window }
    turnTo(held.window ? 'grabbing' : 'ew-resize')
  })
  place.addEventListener('pointermove', (event) => (held ? drag(event) : hover(event)))
  place.addEventListener('pointerup', (event) => {
    if (held?.window && !held.moved) setX(part(event))
    release()
  })
  place.addEventListener('pointercancel', release)
  place.addEventListener('pointerleave', hide)
  place.addEventListener('wheel', (event) => {
    event.preventDefault()
    if (event.shiftKey) act.look({ pan: String(Math.sign(event.deltaY + event.deltaX) * MOVE) })
    else act.look({ zoom: event.deltaY < 0 ? 'in' : 'out', at: part(event) })
  }, { passive: false })
  place.addEventListener('keydown', key)
  addEventListener('scroll', hide, { passive: true })
  for (const each of document.querySelectorAll('[data-zoom]')) each.addEventListener('click', () => zoom(each.dataset.zoom))
}

function zoom(which) {
  const at = here() // around x, if it is seen
  act.look(which === 'whole' ? null : { zoom: which, at: placed(at >= 0 && at <= 1 ? at : 0.5) })
}

function key(event) {
  const side = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key]
  const which = { '+': 'in', '=': 'in', '-': 'out', 0: 'whole', Home: 'whole' }[event.key]
  if (!side && !which) return
  event.preventDefault()
  if (which) zoom(which)
  else if (event.shiftKey) act.look({ pan: String(side * MOVE) })
  else setX(placed((here() ?? 0.5) + side * NUDGE))
}

// where x is, in parts of the window
const here = () => drawn?.answer.main.points.find((point) => point)?.[0]

function part(event) {
  return placed((event.clientX - across(0)) / (box.right - box.left))
}

// a part of the window in pixels of the screen
const across = (part) => $('#plot').getBoundingClientRect().left + box.left + part * (box.right - box.left)

const placed = (part) => Math.min(1, Math.max(0, part)).toFixed(5)

// one question at a time, and then the newest
function oneByOne(run) {
  let busy = false
  let next = null
  return async (...given) => {
    next = given
    if (busy) return
    busy = true
    while (next) {
      const [now] = [next]
      next = null
      await run(...now).catch(() => {}) // the page says it where it asks next
    }
    busy = false
  }
}

const point = (at) => {
  const { names, state, answer: { window: [low, high] } } = drawn
  const [first, second] = names
  return ask('point', { a: state[first], b: second ? state[second] : '', low, high, base: state.base, at })
}

const setX = oneByOne(async (at) => {
  const { x } = await point(at)
  if (x !== undefined) await act.setX(x)
})

// a finger is broader
const besideX = (event) => Math.abs(event.clientX - across(here() ?? Infinity)) <= (event.pointerType === 'touch' ? 2 : 1) * NEAR

const turnTo = (cursor) => ($('#plot').style.cursor = cursor)

function drag(event) {
  const far = event.clientX - held.from
  held.moved ||= Math.abs(far) > STILL
  if (!held.window) setX(part(event))
  else if (held.moved) {
    const [low, high] = held.window
    act.look({ low, high, pan: (-far / (box.right - box.left)).toFixed(5) })
  }
}

function release() {
  held = null
  turnTo('')
}

let hovered = 0

const tell = oneByOne(async (at, left, top, turn) => {
  const { x, found } = await point(at)
  if (!found || turn !== hovered) return
  const tip = $('#tip')
  const rows = found.map(({ value, code, below, above }, n) => {
    const row = element('p', '', drawn.names[n])
    row.append(element('b', drawn.names[n].toUpperCase()), ` ${shortened(value)} `, element('code', shortened(code)))
    if (below || above) row.append(element('small', `between ${shortened(below ?? 'none')} and ${shortened(above ?? 'none')}`))
    return row
  })
  tip.replaceChildren(element('p', `x = ${shortened(x)}`), ...rows)
  tip.hidden = false
  const width = $('#plot').clientWidth
  tip.style.left = `${left > width / 2 ? Math.max(0, left - tip.offsetWidth - 14) : Math.min(left + 14, width - tip.offsetWidth)}px`
  tip.style.top = `${top + 12}px`
})

function hover(event) {
  if (!box || event.pointerType === 'touch') return
  turnTo(besideX(event) ? 'ew-resize' : '')
  const from = $('#plot').getBoundingClientRect()
  hovered++
  tell(part(event), event.clientX - from.left, event.clientY - from.top, hovered)
}

function hide() {
  hovered++
  $('#tip').hidden = true
}
