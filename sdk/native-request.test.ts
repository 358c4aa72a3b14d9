import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeRequest } from './native-request.ts';
import { CreateBox, GetBox, ListBoxes } from './testing/fixture.ts';

describe('nativeRequest', () => {
  it('puts the input of a POST into the body', () => {
    const request = nativeRequest(CreateBox, { Spec: 'SMALL' });
    expect(request).toEqual({ method: 'POST', target: '/v1/boxes/create-box', body: Buffer.from('{"Spec":"SMALL"}') });
  });

  it('puts path members into the path and leaves the rest to the query', () => {
    expect(nativeRequest(GetBox, { BoxId: 'a/b c' })).toEqual({ method: 'GET', target: '/v1/boxes/box/a%2Fb%20c' });
  });

  it('refuses a missing path member, which would be another route', () => {
    expect(() => nativeRequest(GetBox, {})).toThrow('BoxId must be present');
    expect(() => nativeRequest(GetBox, { BoxId: '' })).toThrow('BoxId must be present');
  });

  it('repeats the parameter of a list and sorts the names', () => {
    const { target } = nativeRequest(ListBoxes, { Specs: ['SMALL', 'LARGE'], Limit: 5 });
    expect(target).toBe('/v1/boxes/boxes?Limit=5&Specs=SMALL&Specs=LARGE');
  });

  it('writes a query that gives every text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (marker) => {
        const { target } = nativeRequest(ListBoxes, { Marker: marker });
        expect(target).toMatch(/^[A-Za-z0-9\-._~%/?=&]*$/);
        expect(new URL(target, 'http://host').searchParams.get('Marker')).toBe(marker);
      }),
    );
  });
});
