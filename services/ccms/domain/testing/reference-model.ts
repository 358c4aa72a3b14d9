/** The stages of a secret as the documentation tells them: sets of stages on versions. Small, slow and obvious. */
import { CURRENT, PENDING, PREVIOUS } from '../stages.ts';

export class ReferenceModel {
  readonly versions = new Map<string, Set<string>>();

  holder(stage: string): string | undefined {
    return [...this.versions].find(([, stages]) => stages.has(stage))?.[0];
  }

  put(id: string, stages: readonly string[] | undefined): boolean {
    const wanted = new Set(stages ?? [CURRENT]);
    if (this.holder(CURRENT) === undefined) wanted.add(CURRENT);
    if (wanted.has(CURRENT) && wanted.has(PREVIOUS)) return false;
    this.versions.set(id, new Set());
    for (const stage of wanted) this.attach(stage, id);
    return true;
  }

  move(stage: string, to: string | undefined, from: string | undefined): boolean {
    const holder = this.holder(stage);
    if (to === undefined && from === undefined) return false;
    if ((to !== undefined && !this.versions.has(to)) || (from !== undefined && !this.versions.has(from))) return false;
    if (from !== undefined && from !== holder) return false;
    if (to === holder) return true;
    if (holder !== undefined && from === undefined) return false;
    if (to === undefined) {
      if (stage === CURRENT) return false;
      this.versions.get(from as string)?.delete(stage);
      return true;
    }
    if (stage === PREVIOUS && this.versions.get(to)?.has(CURRENT)) return false;
    this.attach(stage, to);
    return true;
  }

  private attach(stage: string, id: string): void {
    const before = this.holder(stage);
    for (const stages of this.versions.values()) stages.delete(stage);
    this.versions.get(id)?.add(stage);
    if (stage !== CURRENT || before === undefined || before === id) return;
    for (const stages of this.versions.values()) stages.delete(PREVIOUS);
    this.versions.get(before)?.add(PREVIOUS).delete(PENDING);
  }

  shown(): Record<string, string[]> {
    const staged = [...this.versions].filter(([, stages]) => stages.size > 0);
    return Object.fromEntries(
      staged.map(([id, stages]) => [id, [...stages].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
}
