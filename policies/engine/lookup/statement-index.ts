/**
 * Finds the statements that may apply to a request without looking at the others. First by action: a hash of exact
 * names and a trie of literal prefixes. Then, inside each action entry, by resource: tries over "account:resource"
 * and over "resource". INVARIANT: the index may return too many statements, never too few. It says of each whether
 * action and resource are certain to match; if not, the visitor checks them in full.
 */
import type { CompiledStatement } from '../compile/compile-policy.ts';
import type { RequestView } from '../match/request-view.ts';
import { intern } from '../pattern/intern.ts';
import type { ResourcePattern } from '../pattern/resource-pattern.ts';
import { TrieNode } from './prefix-trie.ts';

/** Called for each candidate; true stops the search. `isCertain`: action and resource are known to match. */
export type Visit = (statement: CompiledStatement, view: RequestView, isCertain: boolean) => boolean;

/** Above this many (action, resource) pairs a statement is filed by action only: bounds the size of the index. */
const MAX_PAIRS = 256;

export class StatementIndex {
  readonly #exactActions = new Map<string, ResourceEntries>();
  readonly #actionPrefixes = new TrieNode<ResourceEntries>('');

  add(statement: CompiledStatement): void {
    const pairs = statement.actions.length * (statement.resources?.length ?? 1);
    const byActionOnly = pairs > MAX_PAIRS;
    if (statement.negatedAction) {
      this.#entriesOfPrefix('').add(statement, false, byActionOnly);
      return;
    }
    for (const pattern of statement.actions) {
      const entries =
        pattern.type === 'exact' ? this.#entriesOfName(pattern.text) : this.#entriesOfPrefix(pattern.text);
      // Finding the entry of a glob proves only its literal beginning.
      entries.add(statement, pattern.type !== 'glob', byActionOnly);
    }
  }

  /** The first candidate at which `visit` returns true, in no particular order. */
  find(view: RequestView, visit: Visit): CompiledStatement | undefined {
    const { action } = view;
    const found = this.#exactActions.get(action)?.find(view, visit);
    if (found) return found;
    let node: TrieNode<ResourceEntries> | undefined = this.#actionPrefixes;
    for (let position = 0; node !== undefined; ) {
      const inPrefix = node.prefix?.find(view, visit);
      if (inPrefix) return inPrefix;
      node = node.step(action, position);
      if (node) position += node.label.length;
    }
    return undefined;
  }

  #entriesOfName(action: string): ResourceEntries {
    let entries = this.#exactActions.get(action);
    if (!entries) {
      entries = new ResourceEntries();
      this.#exactActions.set(intern(action), entries);
    }
    return entries;
  }

  #entriesOfPrefix(prefix: string): ResourceEntries {
    const node = this.#actionPrefixes.reach(prefix);
    node.prefix ??= new ResourceEntries();
    return node.prefix;
  }
}

/** The statements of one action entry, by resource. */
class ResourceEntries {
  /** Filed for every resource: of the first list action and resource match for certain. */
  readonly #certain: CompiledStatement[] = [];
  readonly #anyResource: CompiledStatement[] = [];
  #byAccount: TrieNode<CompiledStatement[]> | undefined;
  #byName: TrieNode<CompiledStatement[]> | undefined;

  add(statement: CompiledStatement, isActionCertain: boolean, byActionOnly: boolean): void {
    const { resources, negatedResource } = statement;
    const isStar = resources === undefined || resources.some((pattern) => pattern.arn === undefined);
    if (isStar && !negatedResource) (isActionCertain ? this.#certain : this.#anyResource).push(statement);
    else if (resources === undefined || negatedResource || byActionOnly) this.#anyResource.push(statement);
    else for (const pattern of resources) this.#addPattern(statement, pattern);
  }

  find(view: RequestView, visit: Visit): CompiledStatement | undefined {
    for (const statement of this.#certain) if (visit(statement, view, true)) return statement;
    for (const statement of this.#anyResource) if (visit(statement, view, false)) return statement;
    const { cuts } = view;
    if (cuts === undefined) return undefined;
    return (
      (this.#byAccount && findAlong(this.#byAccount, cuts.account, view, visit)) ??
      (this.#byName && findAlong(this.#byName, cuts.resource, view, visit))
    );
  }

  #addPattern(statement: CompiledStatement, pattern: ResourcePattern): void {
    if (pattern.arn === undefined) return;
    const account = pattern.arn.segments[4]!;
    const resource = pattern.arn.segments[5]!;
    let root: TrieNode<CompiledStatement[]>;
    let key = resource.text;
    if (account.type === 'exact') {
      root = this.#byAccount ??= new TrieNode('');
      key = `${account.text}:${key}`;
    } else {
      root = this.#byName ??= new TrieNode('');
    }
    const node = root.reach(key);
    const slot = resource.type === 'exact' ? 'exact' : 'prefix';
    const filed = node[slot] ?? [];
    node[slot] = filed;
    // A statement with several patterns at one node is filed there once.
    if (filed.at(-1) !== statement) filed.push(statement);
  }
}

function findAlong(
  root: TrieNode<CompiledStatement[]>,
  start: number,
  view: RequestView,
  visit: Visit,
): CompiledStatement | undefined {
  const { resource } = view;
  let position = start;
  for (let node: TrieNode<CompiledStatement[]> | undefined = root; node !== undefined; ) {
    if (node.prefix) for (const statement of node.prefix) if (visit(statement, view, false)) return statement;
    if (node.exact && position === resource.length) {
      for (const statement of node.exact) if (visit(statement, view, false)) return statement;
    }
    node = node.step(resource, position);
    if (node) position += node.label.length;
  }
  return undefined;
}
