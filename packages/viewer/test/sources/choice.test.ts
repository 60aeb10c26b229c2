import { describe, expect, test } from 'vitest';
import { isChosen, only, toggled } from '../../src/sources/choice.ts';

describe('choosing several sources', () => {
  test('adds and takes away one of the same kind', () => {
    const both = toggled(only('service', ['/web']), { kind: 'service', value: '/batch' });
    expect(both).toEqual({ service: ['/web', '/batch'] });
    expect(toggled(both, { kind: 'service', value: '/web' })).toEqual({ service: ['/batch'] });
    expect(toggled({ service: ['/web'] }, { kind: 'service', value: '/web' })).toEqual({});
  });

  test('drops what could not be of the same entries', () => {
    expect(toggled({ service: ['/web'], label: ['a:b'] }, { kind: 'task', value: 'a' })).toEqual({ task: ['a'] });
    expect(toggled({ task: ['a'] }, { kind: 'component', value: 'ssh.service' })).toEqual({
      component: ['ssh.service'],
    });
  });

  test('keeps a node beside anything: it narrows', () => {
    expect(toggled({ service: ['/web'] }, { kind: 'agent', value: 'S1' })).toEqual({
      service: ['/web'],
      agent: ['S1'],
    });
    expect(toggled({ agent: ['S1'] }, { kind: 'component', value: 'ssh.service' })).toEqual({
      agent: ['S1'],
      component: ['ssh.service'],
    });
  });

  test('tells what is chosen', () => {
    expect(isChosen({ service: ['/web'] }, { kind: 'service', value: '/web' })).toBe(true);
    expect(isChosen({ task: ['/web'] }, { kind: 'service', value: '/web' })).toBe(false);
  });
});
