/** Condition keys are compared in lower case and shown as the policies that ask about them spell them. */
import { type CompiledPolicy, contextKeyNames, type Layers } from '../../../policies/engine/index.ts';

export class ContextKeySpelling {
  private readonly names = new Map<string, string>();

  constructor(policies: Iterable<CompiledPolicy>) {
    for (const { document } of policies) {
      for (const [key, name] of contextKeyNames(document)) if (!this.names.has(key)) this.names.set(key, name);
    }
  }

  of(keys: readonly string[]): string[] {
    return keys.map((key) => this.names.get(key) ?? key);
  }
}

/** Every policy of every layer. */
export function policiesIn(layers: Layers): CompiledPolicy[] {
  const { rcp = [], scp = [], endpoint, resource, identity, boundary, session } = layers;
  const sets = [...rcp, ...scp].map(({ set }) => set);
  return [...sets, endpoint, resource, identity, boundary, session].flatMap((set) => set?.policies ?? []);
}
