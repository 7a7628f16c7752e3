// What one turns to get another format: known formats, and the fields of this one.

import { $, ask, button, element, term } from './elements.js'

export function fillPresets(select, presets, choose) {
  const groups = presets.map(({ kind, formats }) => {
    const group = element('optgroup')
    group.label = kind
    group.append(...formats.map(({ name, type }) => {
      const option = element('option', name)
      option.value = type
      return option
    }))
    return group
  })
  select.replaceChildren(element('option', 'known formats…'), ...groups)
  select.addEventListener('change', () => {
    choose(select.value)
    select.selectedIndex = 0
  })
}

// The controls stay the same elements while the fields do, so that a slider that is dragged goes on being dragged.
export function fillControls(place, controls, type, choose) {
  const names = controls.map(({ name }) => name).join()
  if (place.dataset.names !== names) {
    place.replaceChildren(...controls.map((control) => ('on' in control ? check(control) : stepper(control))))
    place.dataset.names = names
  }
  controls.forEach((control, n) => {
    const row = place.children[n]
    if ('on' in control) {
      const box = $('input', row)
      box.checked = control.on
      box.onchange = () => choose(control.other, control.name)
      return
    }
    const [down, up] = row.querySelectorAll('.step')
    for (const [each, to] of [[down, control.down], [up, control.up]]) {
      each.disabled = !to
      each.onclick = () => choose(to, control.name)
    }
    const slider = $('input', row)
    Object.assign(slider, { min: control.low, max: control.high })
    if (document.activeElement !== slider || Number(slider.value) !== control.value) slider.value = control.value
    slider.oninput = () => turn(type, control.name, slider.value, choose)
    $('output', row).textContent = control.value
  })
}

async function turn(type, field, value, choose) {
  const { type: other } = await ask('change', { type, field, value })
  if (other) choose(other, field)
}

const words = (name) => name.replaceAll('_', ' ')

function check({ name }) {
  const row = element('div', '', 'control')
  const box = element('input')
  box.type = 'checkbox'
  box.setAttribute('aria-label', words(name))
  row.append(term('span', words(name)), box)
  return row
}

function stepper({ name }) {
  const row = element('div', '', 'control')
  const slider = element('input')
  slider.type = 'range'
  slider.setAttribute('aria-label', words(name))
  const down = button('−', `less ${words(name)}`, () => {})
  const up = button('+', `more ${words(name)}`, () => {})
  down.className = up.className = 'step'
  row.append(term('span', words(name)), down, element('output'), up, slider)
  return row
}
