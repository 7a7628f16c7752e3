// The values of a format, a page of them at a time.

import { $, ask, element, shortened } from './elements.js'

const FEW_BITS = 16 // that a row of the table shows one by one

// `since()` gives a function that is true until something else is asked
export async function turnTo(root, fields, start, since, current = since()) {
  const page = await ask('values', { ...fields, start })
  if (!current() || !page.rows) return
  $('.which', root).textContent = page.shown
  for (const button of root.querySelectorAll('.buttons button')) {
    const to = page.starts[button.dataset.start]
    button.disabled = to === undefined
    button.onclick = () => {
      turnTo(root, fields, to, since).catch((error) => ($('#trouble').textContent = error.message))
    }
  }
  $('.values tbody', root).replaceChildren(...page.rows.map((row) => valueRow(row, fields.base)))
  const box = $('.scroll', root)
  const here = $('.here', box)
  box.scrollTop = here ? here.offsetTop - box.clientHeight / 2 : 0
}

function valueRow({ code, bits, value, exact, here }, base) {
  const row = element('tr', '', here ? 'here' : '')
  const digits = element('td')
  if (base === 'binary' && bits && code.length <= FEW_BITS) {
    digits.append(...bits.map(([field, text]) => element('span', text, field)))
  } else {
    digits.textContent = shortened(code)
  }
  row.append(digits, element('td', shortened(value)), element('td', shortened(exact), 'exact'))
  return row
}
