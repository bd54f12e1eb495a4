const roles = ['client', 'lawyer', 'admin'];

/** Every operation states `security` and `x-roles`; roles are named exactly where an account's token or key is needed. */
export default function access(operation) {
  const { security, 'x-roles': allowed } = operation;
  if (!Array.isArray(security)) return [{ message: 'The operation does not state its `security`.' }];
  if (!Array.isArray(allowed)) return [{ message: 'The operation does not state its `x-roles`.' }];

  const findings = [];
  const unknown = allowed.filter((role) => !roles.includes(role));
  if (unknown.length > 0) findings.push({ message: `There is no role ${unknown.join(', ')}.` });
  const needsAccount = security.length > 0 && security.every((way) => 'bearerAuth' in way || 'apiKey' in way);
  if (needsAccount && allowed.length === 0) findings.push({ message: '`x-roles` lets nobody call what needs an account.' });
  if (!needsAccount && allowed.length > 0) findings.push({ message: '`x-roles` names roles, but no account is needed.' });
  return findings;
}
