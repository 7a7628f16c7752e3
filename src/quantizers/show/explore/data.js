// The user's numbers: a file to open or to drop, and what each format does to them.

import { canvas } from './chart.js'
import { $, ask, button, draw, element, send, template } from './elements.js'

const HEIGHT = 175
const EVERY = 34 // pixels a label of the axis takes

let shown = {} // by name of a format: the figure and its answer

export function listTensors(tensors, chosen) {
  $('.tensors').hidden = !tensors.length
  $('#invite').hidden = Boolean(tensors.length)
  $('#tensor').replaceChildren(...tensors.map(({ name, shown, count }) => {
    const option = element('option', `${shown} (${count})`)
    option.value = name
    return option
  }))
  if (tensors.some(({ name }) => name === chosen)) $('#tensor').value = chosen
}

export function listen(opened) {
  async function open(file) {
    if (!file) return
    $('#error-tensor').textContent = ''
    $('#data').classList.add('busy')
    try {
      const { tensors } = await send(file)
      listTensors(tensors, '')
      opened()
    } catch (error) {
      $('#error-tensor').textContent = error.message
    }
    $('#data').classList.remove('busy')
  }
  $('#file').addEventListener('change', (event) => {
    open(event.target.files[0])
    event.target.value = ''
  })
  addEventListener('dragover', (event) => event.preventDefault())
  addEventListener('drop', (event) => {
    event.preventDefault()
    open(event.dataTransfer.files[0])
  })
  $('#tensor').addEventListener('change', opened)
}

export async function showData(state, names, current, choose) {
  const tensor = state.tensor
  $('#error-tensor').textContent = ''
  const answers = tensor ? await Promise.all(names.map((name) => ask('histogram', { type: state[name], tensor }))) : []
  if (!current()) return
  const wrong = answers.find(({ errors }) => errors.tensor)
  if (wrong) $('#error-tensor').textContent = wrong.errors.tensor
  shown = Object.fromEntries(answers.map((answer, n) => [names[n], answer]).filter(([, answer]) => answer.bars))
  $('#histograms').replaceChildren(...Object.entries(shown).map(([name, answer]) => figure(name, answer, choose)))
  redraw()
}

export function redraw() {
  for (const [name, answer] of Object.entries(shown)) bars($(`#bars-${name}`), answer)
}

function figure(name, answer, choose) {
  const root = template('histogram')
  $('.name', root).textContent = name.toUpperCase()
  $('.name', root).classList.add(name)
  $('.bars', root).id = `bars-${name}`
  $('.lost', root).textContent = `${answer.count} numbers: SQNR ${answer.sqnr}, ${answer.saturated} out of range, ${answer.flushed} become 0`
  $('.legend', root).append(...answer.kinds.filter((_, kind) => answer.bars.some((bar) => bar[kind])).map((kind) => element('li', kind, `kind-${answer.kinds.indexOf(kind)}`)))
  if (answer.proposal) {
    const { type, sqnr, own } = answer.proposal
    const place = $('.proposal', root)
    if (own) place.append('No fixed point of as many bits, rounded to nearest and saturating, has a higher SQNR.')
    else place.append(`The best fixed point of as many bits, ${sqnr}: `, button(type, `use ${type}`, () => choose(name, type)))
  }
  return root
}

function bars(place, { low, bars: all, format }) {
  const width = place?.clientWidth
  if (!width) return
  const svg = canvas(place, HEIGHT)
  const box = { left: 34, right: width - 6, top: 10, bottom: HEIGHT - 20 }
  const each = (box.right - box.left) / all.length
  const most = Math.max(...all.map((bar) => bar.reduce((sum, part) => sum + part, 0))) || 1
  const left = (weight) => box.right - (weight - low + 1) * each // the highest weight first, as bits are written
  const [least, highest] = format
  draw(svg, 'rect', { class: 'bits', x: left(highest).toFixed(1), width: ((highest - least + 1) * each).toFixed(1), y: box.top, height: box.bottom - box.top })
  all.forEach((bar, n) => {
    let bottom = box.bottom
    bar.forEach((share, kind) => {
      const height = (share / most) * (box.bottom - box.top)
      bottom -= height
      if (share) draw(svg, 'rect', { class: `kind-${kind}`, x: (left(low + n) + each * 0.06).toFixed(1), width: (each * 0.88).toFixed(1), y: bottom.toFixed(1), height: height.toFixed(1) })
    })
    const every = Math.ceil(EVERY / each)
    if ((low + n) % every === 0) draw(svg, 'text', { x: (left(low + n) + each / 2).toFixed(1), y: box.bottom + 15, 'text-anchor': 'middle' }, String(low + n))
  })
  draw(svg, 'line', { class: 'grid', x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom })
  draw(svg, 'text', { x: box.left - 4, y: box.top + 9, 'text-anchor': 'end' }, `${most.toPrecision(2)}%`)
}
