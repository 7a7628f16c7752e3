// What the rooms of the page share: elements, the server's answers, and what a screen reader says.

const LONGEST = 22 // characters of a cell: those of a 64-bit code fit
const SVG = 'http://www.w3.org/2000/svg'
const CLIENT = 'No answer: has quantizers explore ended?'

export const $ = (selector, root = document) => root.querySelector(selector)

export function element(tag, text = '', className = '') {
  const made = document.createElement(tag)
  made.textContent = text
  if (className) made.className = className
  return made
}

export function button(text, label, act) {
  const made = element('button', text)
  made.type = 'button'
  if (label) made.setAttribute('aria-label', label)
  made.addEventListener('click', act)
  return made
}

export function draw(parent, tag, attributes, text = '') {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.textContent = text
  parent.append(made)
  return made
}

export const template = (name) => $(`#${name}`).content.cloneNode(true).firstElementChild

export function shortened(text) {
  if (text.length <= LONGEST) return text
  return `${text.slice(0, 10)}…${text.slice(-6)}`
}

export function list(place, pairs) {
  place.replaceChildren(...pairs.flatMap(([name, text]) => [term('dt', name), element('dd', text)]))
}

async function answered(request) {
  const answer = await request.catch(() => {
    throw new Error(CLIENT)
  })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

export function ask(what, fields) {
  const given = Object.entries(fields).filter(([name, text]) => text !== '' || name === 'type')
  return answered(fetch(`/api/${what}?${new URLSearchParams(given)}`))
}

export function send(file) {
  const type = 'application/octet-stream'
  return answered(fetch(`/api/data?${encodeURIComponent(file.name)}`, { method: 'POST', body: file, headers: { 'Content-Type': type } }))
}

export function say(text) {
  $('#said').textContent = text
}

// words that the server explains

const meanings = {}

export function explain(terms) {
  Object.assign(meanings, terms)
}

export function term(tag, name) {
  const made = element(tag, meanings[name] ? '' : name)
  if (meanings[name]) made.append(meaning(name))
  return made
}

function meaning(name) {
  const made = button(name, '', () => {
    const box = $('#meaning')
    $('b', box).textContent = name
    $('span', box).textContent = meanings[name]
    box.showPopover({ source: made })
    const place = made.getBoundingClientRect()
    box.style.left = `${Math.max(8, Math.min(place.left, innerWidth - box.offsetWidth - 8))}px`
    box.style.top = `${Math.min(place.bottom + 4, innerHeight - box.offsetHeight - 8)}px`
  })
  made.className = 'term'
  made.title = meanings[name]
  return made
}
