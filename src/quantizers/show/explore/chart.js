// One chart as SVG. The server has placed every point: from 0 to 1, left to right and bottom to top.

import { draw, shortened } from './elements.js'

const SVG = 'http://www.w3.org/2000/svg'
const CHARACTER = 6.7 // the width of one in a label

export function canvas(place, height) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', `0 0 ${place.clientWidth} ${height}`)
  svg.setAttribute('aria-hidden', 'true')
  place.replaceChildren(svg)
  return svg
}

// gives the box of the curves, in pixels; null where nobody sees the place
export function chart(place, panel, { names, height, left, identity = false, zero = false }) {
  const width = place.clientWidth
  if (!width) return null
  const svg = canvas(place, height)
  const box = { left, right: width - 10, top: 12, bottom: height - 22, width }
  const x = (part) => (box.left + part * (box.right - box.left)).toFixed(1)
  const y = (part) => (box.bottom - part * (box.bottom - box.top)).toFixed(1)
  axes(svg, panel, box, x, y)
  const clip = draw(draw(svg, 'clipPath', { id: `inside-${place.id}` }), 'rect', {
    x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top,
  })
  const inside = draw(svg, 'g', { 'clip-path': `url(#${clip.parentNode.id})` })
  shade(inside, panel.ranges, names, x, box)
  if (identity) {
    const [from, to] = panel.identity
    draw(inside, 'line', { class: 'identity', x1: x(0), x2: x(1), y1: y(from), y2: y(to) })
  }
  if (zero) draw(inside, 'line', { class: 'identity', x1: x(0), x2: x(1), y1: y(panel.zero), y2: y(panel.zero) })
  const at = panel.points.find((point) => point)
  if (at) draw(inside, 'line', { class: 'at', x1: x(at[0]), x2: x(at[0]), y1: box.top, y2: box.bottom })
  panel.bands?.forEach((band, n) => {
    const path = band.map(([start, end, low, high]) => `M${x(start)} ${y(low)}H${x(end)}V${y(high)}H${x(start)}Z`)
    draw(inside, 'path', { class: `band ${names[n]}`, d: path.join('') })
  })
  panel.lines.forEach((line, n) => {
    if (!line.length) return
    const path = line.map(([start, end, first, last], k) => `${k ? 'L' : 'M'}${x(start)} ${y(first)}L${x(end)} ${y(last)}`)
    const under = n === 0 && panel.lines.length > 1 // what both share shows both
    draw(inside, 'path', { class: `curve ${names[n]}`, 'stroke-width': under ? 4.5 : 1.75, opacity: under ? 0.5 : 1, d: path.join('') })
  })
  panel.points.forEach((point, n) => {
    const [px, py] = point ?? [-1, -1]
    if (px >= 0 && px <= 1 && py >= 0 && py <= 1) draw(svg, 'circle', { class: names[n], cx: x(px), cy: y(py), r: n ? 3.5 : 5 })
  })
  return box
}

// how wide the labels of the y axes are, so that charts below each other share their x axis
export function margin(place, panels) {
  const longest = Math.max(1, ...panels.flatMap((panel) => [...panel.y.ticks.map(([, text]) => text.length), panel.y.offset.length && 9]))
  return Math.min(longest * CHARACTER + 8, place.clientWidth / 3)
}

function shade(inside, ranges, names, x, box) {
  ranges.forEach(([from, to], n) => {
    for (const [start, end] of [[0, from], [to, 1]]) {
      if (end <= 0 || start >= 1 || end <= start) continue
      const [left, right] = [x(Math.max(start, 0)), x(Math.min(end, 1))]
      draw(inside, 'rect', { class: `beyond ${names[n]}`, x: left, width: (right - left).toFixed(1), y: box.top, height: box.bottom - box.top })
    }
  })
}

function axes(svg, panel, box, x, y) {
  const { ticks, offset } = panel.x
  const room = (box.right - box.left) / Math.max(1, ticks.length)
  const every = Math.ceil((Math.max(0, ...ticks.map(([, text]) => text.length)) * CHARACTER + 12) / room)
  ticks.forEach(([part, text], n) => {
    draw(svg, 'line', { class: 'grid', x1: x(part), x2: x(part), y1: box.top, y2: box.bottom })
    const anchor = part > 0.95 ? 'end' : part < 0.05 ? 'start' : 'middle'
    if (n % every === 0) draw(svg, 'text', { x: x(part), y: box.bottom + 16, 'text-anchor': anchor }, text)
  })
  if (offset) draw(svg, 'text', { class: 'offset', x: box.right, y: box.bottom - 5, 'text-anchor': 'end' }, shortened(offset))
  for (const [part, text] of panel.y.ticks) {
    draw(svg, 'line', { class: 'grid', x1: box.left, x2: box.right, y1: y(part), y2: y(part) })
    draw(svg, 'text', { x: box.left - 6, y: Number(y(part)) + 4, 'text-anchor': 'end' }, text)
  }
  if (panel.y.offset) draw(svg, 'text', { class: 'offset', x: box.left + 4, y: box.top + 11 }, shortened(panel.y.offset))
}
