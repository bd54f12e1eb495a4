/** What an operation takes and whom it lets in decides which errors it must name. */
export default function responses(operation, _options, context) {
  const { security = [], 'x-roles': allowed = [], parameters = [], requestBody } = operation;
  const expected = new Map([['500', 'anything can fail']]);
  if (security.length > 0) expected.set('401', 'it takes a token');
  if (allowed.length > 0) {
    expected.set('429', 'each account has its budget of requests');
    if (allowed.length < 3) expected.set('403', 'not every role may call it');
  }
  if (parameters.length > 0 || requestBody) expected.set('400', 'its input can be malformed');
  if (parameters.some((parameter) => parameter.in === 'path')) expected.set('404', 'its path names a thing');
  if (requestBody) {
    expected.set('413', 'its body can be too large');
    expected.set('422', 'a field can be unacceptable');
    expected.set('429', 'each caller has a budget of requests');
  }
  return [...expected]
    .filter(([status]) => !operation.responses?.[status])
    .map(([status, why]) => ({
      message: `${status} is missing, though ${why}.`,
      path: [...context.path, 'responses'],
    }));
}
