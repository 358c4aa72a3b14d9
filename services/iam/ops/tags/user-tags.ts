import { ListUserTags, TagUser, UntagUser } from '../../api/tags.ts';
import { checkTags, tagKey } from '../../domain/tags.ts';
import { deleteTags, putTags, tagRecord, tagsOf } from '../../store/tags.ts';
import { lockUser } from '../../store/users.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutUser, userMissing } from '../targets.ts';

export const tagUser = implement(TagUser, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName, () => ({ requestTags: tagRecord(input.Tags) })),
  run(call, input, user, deps) {
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      if (!(await lockUser(tx, user.user_id))) throw call.fail('NotFound', userMissing(input.UserName));
      const problem = checkTags(input.Tags, await tagsOf(tx, user.user_id), deps.limits.tagsPerResource);
      if (problem) throw call.fail(problem.code, problem.message);
      await putTags(tx, user.user_id, input.Tags);
      return undefined;
    });
  },
});

export const untagUser = implement(UntagUser, {
  resolve: (call, input, deps) =>
    aboutUser(call, deps, input.UserName, () => ({ context: [['aws:TagKeys', input.TagKeys]] })),
  run(call, input, user, deps) {
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      if (!(await lockUser(tx, user.user_id))) throw call.fail('NotFound', userMissing(input.UserName));
      await deleteTags(tx, user.user_id, input.TagKeys);
      return undefined;
    });
  },
});

export const listUserTags = implement(ListUserTags, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName),
  async run(call, input, user, deps) {
    const page = openPage(deps, call, input, user.user_id);
    const found = await tagsOf(deps.store.read, user.user_id, page.range);
    const { rows, output } = closePage(deps, page, found, (tag) => tagKey(tag.Key));
    return { Tags: rows, ...output };
  },
});
