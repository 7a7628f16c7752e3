// The transfer curves as SVG. The server has placed every point: from 0 to 1, left to right and bottom to top.

const SVG = 'http://www.w3.org/2000/svg'
const CHARACTER = 6.7 // the width of one in a label

function put(parent, tag, attributes, text = '') {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.textContent = text
  parent.append(element)
  return element
}

export function plot(place, answer, names, label) {
  const width = place.clientWidth
  if (!width) return // nobody sees it
  const height = Math.round(Math.min(320, Math.max(220, width * 0.42)))
  const longest = Math.max(1, ...answer.y.map(([, text]) => text.length))
  const box = { left: Math.min(longest * CHARACTER + 8, width / 3), right: width - 10, top: 12, bottom: height - 22 }
  const x = (part) => (box.left + part * (box.right - box.left)).toFixed(1)
  const y = (part) => (box.bottom - part * (box.bottom - box.top)).toFixed(1)
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)

  const room = (box.right - box.left) / Math.max(1, answer.x.length)
  const every = Math.ceil((Math.max(0, ...answer.x.map(([, text]) => text.length)) * CHARACTER + 12) / room)
  answer.x.forEach(([part, text], n) => {
    put(svg, 'line', { class: 'grid', x1: x(part), x2: x(part), y1: box.top, y2: box.bottom })
    const anchor = part > 0.95 ? 'end' : part < 0.05 ? 'start' : 'middle'
    if (n % every === 0) put(svg, 'text', { x: x(part), y: height - 6, 'text-anchor': anchor }, text)
  })
  for (const [part, text] of answer.y) {
    put(svg, 'line', { class: 'grid', x1: box.left, x2: box.right, y1: y(part), y2: y(part) })
    put(svg, 'text', { x: box.left - 6, y: Number(y(part)) + 4, 'text-anchor': 'end' }, text)
  }

  const clip = put(put(svg, 'clipPath', { id: 'inside' }), 'rect', {
    x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top,
  })
  const inside = put(svg, 'g', { 'clip-path': `url(#${clip.parentNode.id})` })
  const [from, to] = answer.identity
  put(inside, 'line', { class: 'identity', x1: x(0), x2: x(1), y1: y(from), y2: y(to) })
  const at = answer.curves.find((curve) => curve.point)
  if (at) put(inside, 'line', { class: 'at', x1: x(at.point[0]), x2: x(at.point[0]), y1: box.top, y2: box.bottom })
  answer.curves.forEach((curve, n) => {
    const steps = curve.runs.map(([start, end, value], k) => `${k ? 'V' : `M${x(start)} `}${y(value)}H${x(end)}`)
    const under = n === 0 && answer.curves.length > 1 // what both share shows both
    put(inside, 'path', { class: `curve ${names[n]}`, 'stroke-width': under ? 5 : 1.75, opacity: under ? 0.55 : 1, d: steps.join('') })
  })
  answer.curves.forEach(({ point }, n) => {
    if (point) put(svg, 'circle', { class: names[n], cx: x(point[0]), cy: y(point[1]), r: n ? 3.5 : 5 })
  })
  place.replaceChildren(svg)
}
