import { describe, expect, it } from 'vitest';
import { chainTags } from './session-tags.ts';

const NONE = { tags: [], transitiveKeys: [] };
const tag = (Key: string, Value = 'x') => ({ Key, Value });

describe('session tags', () => {
  it('are those given when there is no earlier session', () => {
    expect(chainTags([tag('team')], ['Team'], NONE)).toEqual({
      ok: true,
      tags: [tag('team')],
      transitiveKeys: ['team'],
    });
  });

  it('follow when they are transitive, and only then', () => {
    const earlier = { tags: [tag('team', 'a'), tag('ticket', '7')], transitiveKeys: ['team'] };
    expect(chainTags([tag('stage')], [], earlier)).toEqual({
      ok: true,
      tags: [tag('stage'), tag('team', 'a')],
      transitiveKeys: ['team'],
    });
  });

  it('that are transitive cannot be changed, in no letter case', () => {
    const earlier = { tags: [tag('team', 'a')], transitiveKeys: ['team'] };
    expect(chainTags([tag('TEAM', 'b')], [], earlier).ok).toBe(false);
    expect(chainTags([tag('team', 'a')], [], earlier).ok).toBe(false);
  });

  it('that are not there cannot be transitive', () => {
    expect(chainTags([tag('a')], ['b'], NONE)).toMatchObject({ ok: false });
  });
});
