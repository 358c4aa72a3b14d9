import { describe, expect, it } from 'vitest';
import { KEY_STATES, type KeyState } from '../api/shapes.ts';
import { SPECIFIED, specified } from '../testing/key-states.ts';
import { KEY_OPERATIONS, STATE_AFTER, stateProblem } from './key-state.ts';

describe.each(KEY_OPERATIONS)('%s', (operation) => {
  it.each(KEY_STATES)('answers what the specification says of a key in state %s', (state: KeyState) => {
    const outcome = specified(operation, state);
    const problem = stateProblem(operation, state, 'ARN');
    if (outcome === 'ok') expect(problem).toBeUndefined();
    // What a key of that origin does not support at all is not for the table of states.
    else if ('end' in outcome) expect(problem).toEqual({ code: outcome.code, message: `ARN is ${outcome.end}.` });
  });
});

describe('the state table', () => {
  it('holds operations of the specification only', () => {
    expect(KEY_OPERATIONS.filter((operation) => !SPECIFIED.has(operation))).toEqual([]);
  });

  it('never enables a key by taking its deletion back', () => {
    expect(STATE_AFTER.CancelKeyDeletion).toBe('Disabled');
  });
});
