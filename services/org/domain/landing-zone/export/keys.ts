/** Keys for objects that no file knows yet, made from their names. */
import { isManaged, type Ref } from '../model.ts';

export class KeyNames {
  private readonly given = new Map<Ref, string>();
  private readonly taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.taken = new Set([...taken, 'root']);
  }

  /** The key of the file, or a new one. */
  of(ref: Ref, name: string): string {
    if (isManaged(ref)) return ref;
    const known = this.given.get(ref);
    if (known !== undefined) return known;
    const plain = slug(name);
    let key = plain;
    for (let number = 2; this.taken.has(key); number++) key = `${plain}-${number}`;
    this.taken.add(key);
    this.given.set(ref, key);
    return key;
  }
}

function slug(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const text = words.join('-').slice(0, 50).replace(/-+$/, '');
  return /^[a-z]/.test(text) ? text : `x-${text || 'object'}`;
}
