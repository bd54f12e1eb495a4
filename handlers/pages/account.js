// The page that links in account e-mails lead to. The secret of a link is in the fragment after #,
// which browsers do not send, so that no server's log contains it.
const translations = {
  en: {
    reset: ['Choose a new password', '', 'New password', '8 characters or more', 'Save the password', 'Your password has been changed and you have been signed out on all devices. Please sign in with the new password.'],
    verify: ['Confirm your address', 'Please confirm that this address belongs to you.', '', '', 'Confirm my address', 'Thank you. Your address is confirmed.'],
    forgot: ['Forgot your password?', 'We will send you a link to choose a new one.', 'E-mail address', '', 'Send the link', 'If there is an account with this address, we have sent you an e-mail.'],
    link: 'This link is no longer valid. Please request a new one.', busy: 'Too many attempts. Please wait a while.', other: 'Something went wrong. Please try again.',
  },
  de: {
    reset: ['Neues Passwort wählen', '', 'Neues Passwort', 'Mindestens 8 Zeichen', 'Passwort speichern', 'Ihr Passwort wurde geändert, und Sie wurden auf allen Geräten abgemeldet. Bitte melden Sie sich mit dem neuen Passwort an.'],
    verify: ['Adresse bestätigen', 'Bitte bestätigen Sie, dass diese Adresse Ihnen gehört.', '', '', 'Adresse bestätigen', 'Vielen Dank. Ihre Adresse ist bestätigt.'],
    forgot: ['Passwort vergessen?', 'Wir senden Ihnen einen Link, mit dem Sie ein neues wählen können.', 'E-Mail-Adresse', '', 'Link senden', 'Falls es ein Konto mit dieser Adresse gibt, haben wir Ihnen eine E-Mail gesendet.'],
    link: 'Dieser Link ist nicht mehr gültig. Bitte fordern Sie einen neuen an.', busy: 'Zu viele Versuche. Bitte warten Sie eine Weile.', other: 'Etwas ist schiefgegangen. Bitte versuchen Sie es noch einmal.',
  },
  fr: {
    reset: ['Choisissez un nouveau mot de passe', '', 'Nouveau mot de passe', '8 caractères au moins', 'Enregistrer', 'Votre mot de passe a été modifié et vous avez été déconnecté de tous vos appareils. Veuillez vous reconnecter avec le nouveau mot de passe.'],
    verify: ['Confirmez votre adresse', 'Veuillez confirmer que cette adresse est la vôtre.', '', '', 'Confirmer mon adresse', 'Merci. Votre adresse est confirmée.'],
    forgot: ['Mot de passe oublié ?', 'Nous vous enverrons un lien pour en choisir un nouveau.', 'Adresse e-mail', '', 'Envoyer le lien', 'S’il existe un compte avec cette adresse, nous vous avons envoyé un e-mail.'],
    link: 'Ce lien n’est plus valable. Veuillez en demander un nouveau.', busy: 'Trop de tentatives. Veuillez patienter.', other: 'Une erreur s’est produite. Veuillez réessayer.',
  },
  es: {
    reset: ['Elija una contraseña nueva', '', 'Contraseña nueva', '8 caracteres o más', 'Guardar la contraseña', 'Su contraseña ha cambiado y se han cerrado todas sus sesiones. Inicie sesión con la contraseña nueva.'],
    verify: ['Confirme su dirección', 'Confirme que esta dirección es suya.', '', '', 'Confirmar mi dirección', 'Gracias. Su dirección está confirmada.'],
    forgot: ['¿Ha olvidado su contraseña?', 'Le enviaremos un enlace para elegir una nueva.', 'Correo electrónico', '', 'Enviar el enlace', 'Si existe una cuenta con esta dirección, le hemos enviado un correo.'],
    link: 'Este enlace ya no es válido. Solicite uno nuevo.', busy: 'Demasiados intentos. Espere un momento.', other: 'Se ha producido un error. Inténtelo de nuevo.',
  },
};
const locale = navigator.languages.map((l) => l.slice(0, 2)).find((l) => translations[l]) ?? 'en';
const text = translations[locale];
const element = (id) => document.getElementById(id);
document.documentElement.lang = locale;

function render() {
  const [, purpose = 'forgot', token] = /^#(reset|verify)=([A-Za-z0-9_-]+)$/.exec(location.hash) ?? [];
  if (token) history.replaceState(null, '', location.pathname); // keep the secret out of the history
  const [title, description, label, hint, button, done] = text[purpose];
  document.title = `${title} · Counsel`;
  element('title').textContent = title;
  element('description').textContent = description;
  element('label').textContent = label;
  element('hint').textContent = hint;
  element('button').textContent = button;
  element('error').textContent = element('done').textContent = '';
  const input = element('input');
  element('field').hidden = input.disabled = purpose === 'verify';
  Object.assign(input, purpose === 'reset'
    ? { type: 'password', autocomplete: 'new-password', minLength: 8, maxLength: 128 }
    : { type: 'email', autocomplete: 'email', maxLength: 254 });
  input.setAttribute('aria-describedby', 'hint');
  const form = element('form');
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    element('button').disabled = true;
    element('error').textContent = '';
    const [path, body] = {
      reset: ['password/reset', { token, password: input.value }],
      verify: ['email/verify', { token }],
      forgot: ['password/forgot', { email: input.value }],
    }[purpose];
    try {
      const response = await fetch(`/api/auth/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      if (response.ok) {
        form.hidden = true;
        element('done').textContent = done;
        element('done').focus();
        return;
      }
      const problem = await response.json();
      element('error').textContent = problem.code === 'link_invalid' ? text.link : response.status === 429 ? text.busy : text.other;
    } catch {
      element('error').textContent = text.other;
    } finally {
      element('button').disabled = false;
    }
  };
}
addEventListener('hashchange', render);
render();
