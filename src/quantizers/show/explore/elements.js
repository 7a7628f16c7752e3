// What the rooms of the page share: elements, the server's answers, and what a screen reader says.

const LONGEST = 22 // characters of a cell: those of a 64-bit code fit

export const $ = (selector, root = document) => root.querySelector(selector)

export function element(tag, text = '', className = '') {
  const made = document.createElement(tag)
  made.textContent = text
  if (className) made.className = className
  return made
}

export function shortened(text) {
  if (text.length <= LONGEST) return text
  return `${text.slice(0, 10)}…${text.slice(-6)}`
}

export async function ask(what, fields) {
  const given = Object.entries(fields).filter(([name, text]) => text !== '' || name === 'type')
  const answer = await fetch(`/api/${what}?${new URLSearchParams(given)}`).catch(() => {
    throw new Error('No answer: has quantizers explore ended?')
  })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

export function say(text) {
  $('#said').textContent = text
}
