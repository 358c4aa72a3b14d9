import { ListPolicyTags, TagPolicy, UntagPolicy } from '../../api/tags.ts';
import { checkTags, tagKey } from '../../domain/tags.ts';
import { lockPolicy } from '../../store/policies.ts';
import { deleteTags, putTags, tagRecord, tagsOf } from '../../store/tags.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutOwnPolicy, aboutPolicy, policyMissing } from '../targets.ts';

export const tagPolicy = implement(TagPolicy, {
  resolve: (call, input, deps) => aboutOwnPolicy(call, deps, input.PolicyArn, { requestTags: tagRecord(input.Tags) }),
  run(call, input, policy, deps) {
    return plainChange(async (tx) => {
      if (!(await lockPolicy(tx, policy.policy_id))) throw call.fail('NotFound', policyMissing(input.PolicyArn));
      const problem = checkTags(input.Tags, await tagsOf(tx, policy.policy_id), deps.limits.tagsPerResource);
      if (problem) throw call.fail(problem.code, problem.message);
      await putTags(tx, policy.policy_id, input.Tags);
      return undefined;
    });
  },
});

export const untagPolicy = implement(UntagPolicy, {
  resolve: (call, input, deps) =>
    aboutOwnPolicy(call, deps, input.PolicyArn, { context: [['aws:TagKeys', input.TagKeys]] }),
  run(call, input, policy) {
    return plainChange(async (tx) => {
      if (!(await lockPolicy(tx, policy.policy_id))) throw call.fail('NotFound', policyMissing(input.PolicyArn));
      await deleteTags(tx, policy.policy_id, input.TagKeys);
      return undefined;
    });
  },
});

export const listPolicyTags = implement(ListPolicyTags, {
  resolve: (call, input, deps) => aboutPolicy(call, deps, input.PolicyArn),
  async run(call, input, policy, deps) {
    const page = openPage(deps, call, input, policy.arn);
    const found = policy.kind === 'own' ? await tagsOf(deps.store.read, policy.policyId, page.range) : [];
    const { rows, output } = closePage(deps, page, found, (tag) => tagKey(tag.Key));
    return { Tags: rows, ...output };
  },
});
