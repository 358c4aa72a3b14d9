import { describe, expect, it } from 'vitest';
import { nextOrigin } from './epoch.ts';

const RANDOM = '0a1b2c3d-9999-4999-8999-999999999999';

describe('the name of a log after a restore', () => {
  it.each([
    ['audit.local-1.x', 2, 'audit.local-1.x/epoch-2-0a1b2c3d'],
    ['audit.local-1.x/epoch-2-ffffffff', 3, 'audit.local-1.x/epoch-3-0a1b2c3d'],
    ['a/epoch-2-notours', 2, 'a/epoch-2-notours/epoch-2-0a1b2c3d'],
  ])('of %s, epoch %d, is %s', (origin, epoch, expected) => {
    expect(nextOrigin(origin, epoch, RANDOM)).toBe(expected);
  });
});
