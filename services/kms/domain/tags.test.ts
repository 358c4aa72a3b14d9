import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tagList, tagMap, withoutTags, withTags } from './tags.ts';

const tag = (TagKey: string, TagValue = 'v') => ({ TagKey, TagValue });
const many = (count: number) => Array.from({ length: count }, (_, i) => tag(`name-${i}`));

describe('withTags', () => {
  it('adds and changes', () => {
    const result = withTags(tagMap([tag('a', '1'), tag('b', '2')]), [tag('b', '3'), tag('c', '4')]);
    expect(result.ok && tagList(result.tags)).toEqual([tag('a', '1'), tag('b', '3'), tag('c', '4')]);
  });

  it.each([
    [[], [tag('a'), tag('a')], 'Duplicate tag keys'],
    [[], [tag('team'), tag('Team')], 'Duplicate tag keys'],
    [[tag('team')], [tag('TEAM')], 'Duplicate tag keys'],
    [[], [tag('aws:x')], 'Tags beginning with aws: are reserved'],
    [[], [tag('AWS:x')], 'Tags beginning with aws: are reserved'],
    [[], many(51), 'Too many tags'],
    [many(50), [tag('one-more')], 'Too many tags'],
  ])('refuses to add to %.40j the tags %.60j', (existing, added, message) => {
    expect(withTags(tagMap(existing), added)).toEqual({ ok: false, message });
  });

  it('accepts fifty, and a change at fifty', () => {
    expect(withTags(tagMap([]), many(50))).toMatchObject({ ok: true });
    expect(withTags(tagMap(many(50)), [tag('name-7', 'new')])).toMatchObject({ ok: true });
  });

  it('keeps names that mean something to objects', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const result = withTags(
      tagMap([]),
      names.map((name) => tag(name)),
    );
    expect(result.ok && tagList(result.tags).map((t) => t.TagKey)).toEqual(names.toSorted());
  });

  it('is undone by withoutTags', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { selector: (name) => name.toLowerCase() });
    fc.assert(
      fc.property(names, (all) => {
        fc.pre(!all.some((name) => name.toLowerCase().startsWith('aws:')) && all.length <= 50);
        const tagged = withTags(
          tagMap([]),
          all.map((name) => tag(name)),
        );
        const left = tagged.ok ? withoutTags(tagged.tags, all) : tagged;
        expect(left.ok && tagList(left.tags)).toEqual([]);
      }),
    );
  });
});

describe('withoutTags', () => {
  it('ignores names the key does not have, and refuses reserved ones', () => {
    expect(withoutTags(tagMap([tag('a')]), ['b'])).toMatchObject({ ok: true });
    expect(withoutTags(tagMap([tag('a')]), ['aws:a'])).toMatchObject({ ok: false });
  });
});
