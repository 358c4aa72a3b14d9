/** Adding and removing the tags of an authority, or of a certificate from elsewhere: by the same rules. */
import { policiesLetIn } from '../../../platform/authz/ask.ts';
import { addTags, type TagMap, tagMap, tagsColumn, withoutTags } from '../../../platform/contract/tags.ts';
import type { AuthorizationTarget, Change } from '../../../platform/runtime/call.ts';
import type { PcaDeps } from '../deps.ts';
import type { AnyCall, Question } from './authority-access.ts';
import { tagsOf } from './wire-tags.ts';

interface Named {
  Key: string;
  Value?: string | undefined;
}
type Input = { Tags: readonly Named[] };

/** What has tags. */
export interface Tagged<Record> {
  /** `certificate` */
  noun: string;
  target(record: Record, question: Question): AuthorizationTarget;
  write(call: AnyCall, deps: PcaDeps, record: Record, tags: string): Promise<Change<undefined>>;
}

/** What authorization is asked about tags that are added. */
export const aboutAdded = ({ Tags }: Input): Question => ({ requestTags: tagMap(tagsOf(Tags)) });

/** What authorization is asked about tags that are removed. */
export const aboutRemoved = ({ Tags }: Input): Question => ({
  conditions: [['aws:TagKeys', Tags.map(({ Key }) => Key)]],
});

export function changesOfTags<Record extends { tags: TagMap }>({ noun, target, write }: Tagged<Record>) {
  /** Who could not take the change back must not make it. */
  async function change(call: AnyCall, deps: PcaDeps, record: Record, tags: TagMap, question: Question) {
    if (!(await policiesLetIn(call, deps, target({ ...record, tags }, question))))
      throw call.fail('AccessDenied', `the change of tags would take your own access to the ${noun} away`, {
        hint: 'let somebody change them whose access does not depend on them',
      });
    return write(call, deps, record, tagsColumn(tags));
  }

  return {
    async add(call: AnyCall, input: Input, record: Record, deps: PcaDeps) {
      const tagged = addTags(record.tags, tagsOf(input.Tags), `a ${noun}`);
      if (!tagged.ok) throw call.fail(tagged.tooMany ? 'TooManyTags' : 'InvalidTags', tagged.message);
      return change(call, deps, record, tagged.tags, aboutAdded(input));
    },

    /** With a value only where the tag has it. */
    async remove(call: AnyCall, input: Input, record: Record, deps: PcaDeps) {
      const meant = input.Tags.filter(({ Key, Value }) => Value === undefined || record.tags[Key] === Value);
      const left = withoutTags(
        record.tags,
        meant.map(({ Key }) => Key),
      );
      return change(call, deps, record, left, aboutRemoved(input));
    },
  };
}
