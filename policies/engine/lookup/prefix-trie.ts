/**
 * A radix tree over string prefixes. One walk along a text meets every stored prefix of it, in time proportional to
 * the text and not to the number of stored strings.
 */
import { intern } from '../pattern/intern.ts';

export class TrieNode<T> {
  /** The characters between the parent and this node. */
  label: string;
  /** Stored for texts that go on or end here. */
  prefix: T | undefined;
  /** Stored for texts that end here. */
  exact: T | undefined;
  #children: Map<number, TrieNode<T>> | undefined;

  constructor(label: string) {
    this.label = intern(label);
  }

  /** The child on the way of `text` from `position`; the walk goes on at `position + child.label.length`. */
  step(text: string, position: number): TrieNode<T> | undefined {
    if (this.#children === undefined || position >= text.length) return undefined;
    const child = this.#children.get(text.charCodeAt(position));
    return child !== undefined && text.startsWith(child.label, position) ? child : undefined;
  }

  /** The node for exactly this text below here, made when missing. A loop: patterns decide how deep the tree is. */
  reach(text: string): TrieNode<T> {
    let node: TrieNode<T> = this;
    let rest = text;
    while (rest !== '') {
      node = node.#extend(rest);
      rest = rest.slice(node.label.length);
    }
    return node;
  }

  /** The child whose label begins `text`; makes one, or splits one whose label only shares a beginning. */
  #extend(text: string): TrieNode<T> {
    this.#children ??= new Map();
    const child = this.#children.get(text.charCodeAt(0));
    const shared = child ? sharedLength(child.label, text) : text.length;
    if (child && shared === child.label.length) return child;
    const added = new TrieNode<T>(text.slice(0, shared));
    this.#children.set(text.charCodeAt(0), added);
    if (child) {
      child.label = intern(child.label.slice(shared));
      added.#children = new Map([[child.label.charCodeAt(0), child]]);
    }
    return added;
  }
}

function sharedLength(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
