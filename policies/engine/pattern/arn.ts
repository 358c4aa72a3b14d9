/**
 * ARNs and ARN patterns. A text is an ARN when it has at least five colons; it is cut at the first five, and each of
 * the six segments is matched on its own, so a star in the region can never swallow a colon (iam.md 1.4).
 */
import type { ContextMap } from '../model.ts';
import { intern } from './intern.ts';
import { compileStringPattern, matchStringPattern, type StringPattern } from './string-pattern.ts';
import type { TemplateToken } from './template.ts';

/** Offsets of the first five colons. */
export interface ArnCuts {
  readonly partition: number;
  readonly service: number;
  readonly region: number;
  readonly account: number;
  readonly resource: number;
}

/** Where the segments after `arn`, partition, service, region and account begin; undefined when not an ARN. */
export function cutArn(text: string): ArnCuts | undefined {
  const partition = text.indexOf(':') + 1;
  if (partition === 0) return undefined;
  const service = text.indexOf(':', partition) + 1;
  if (service === 0) return undefined;
  const region = text.indexOf(':', service) + 1;
  if (region === 0) return undefined;
  const account = text.indexOf(':', region) + 1;
  if (account === 0) return undefined;
  const resource = text.indexOf(':', account) + 1;
  if (resource === 0) return undefined;
  return { partition, service, region, account, resource };
}

/** Six segment patterns. `head` replaces the first five when they are all literal: one comparison decides. */
export interface ArnPattern {
  readonly segments: readonly StringPattern[];
  readonly head: string | undefined;
}

export const ARN_SEGMENTS = 6;

/** Compiles six token lists (one per segment). */
export function compileArnPattern(segments: readonly (readonly TemplateToken[])[]): ArnPattern {
  const patterns = segments.map(compileStringPattern);
  const literals = patterns.slice(0, 5).map((pattern) => (pattern.type === 'exact' ? pattern.text : undefined));
  const head = literals.includes(undefined) ? undefined : intern(`${literals.join(':')}:`);
  return { segments: patterns, head };
}

/** Segment by segment, case-sensitive. */
export function matchArn(pattern: ArnPattern, text: string, cuts: ArnCuts, context: ContextMap): boolean {
  const { segments, head } = pattern;
  if (head !== undefined) {
    // Five colons on both sides: where the head fits, the resource begins right behind it.
    if (!text.startsWith(head)) return false;
  } else if (
    !matchStringPattern(segments[3]!, text, cuts.region, cuts.account - 1, context) ||
    !matchStringPattern(segments[2]!, text, cuts.service, cuts.region - 1, context) ||
    !matchStringPattern(segments[4]!, text, cuts.account, cuts.resource - 1, context) ||
    !matchStringPattern(segments[1]!, text, cuts.partition, cuts.service - 1, context) ||
    !matchStringPattern(segments[0]!, text, 0, cuts.partition - 1, context)
  ) {
    return false;
  }
  return matchStringPattern(segments[5]!, text, cuts.resource, text.length, context);
}
