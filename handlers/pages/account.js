// The page that links in mails lead to. What a link is good for stands behind the #, which no
// browser sends: neither this server's log nor another site's gets to see it.
const words = {
  en: {
    reset: ['Choose a new password', '', 'New password', '8 characters or more', 'Save the password', 'Your password is changed. You are signed out everywhere; sign in with the new one.'],
    verify: ['Confirm your address', 'One click, and we know that this address is yours.', '', '', 'Confirm my address', 'Thank you: your address is confirmed.'],
    forgot: ['Forgot your password?', 'We send you a link with which you choose a new one.', 'E-mail address', '', 'Send the link', 'If there is an account with this address, a mail is on its way.'],
    link: 'This link is not good any more. Please ask for a new one.', busy: 'That was too often. Please wait a while.', other: 'That did not work. Please try again.',
  },
  de: {
    reset: ['Neues Passwort wählen', '', 'Neues Passwort', 'Mindestens 8 Zeichen', 'Passwort speichern', 'Ihr Passwort ist geändert. Sie sind überall abgemeldet; melden Sie sich mit dem neuen an.'],
    verify: ['Adresse bestätigen', 'Ein Klick, und wir wissen, dass diese Adresse Ihnen gehört.', '', '', 'Adresse bestätigen', 'Danke: Ihre Adresse ist bestätigt.'],
    forgot: ['Passwort vergessen?', 'Wir senden Ihnen einen Link, mit dem Sie ein neues wählen.', 'E-Mail-Adresse', '', 'Link senden', 'Falls es ein Konto mit dieser Adresse gibt, ist eine E-Mail unterwegs.'],
    link: 'Dieser Link gilt nicht mehr. Bitte fordern Sie einen neuen an.', busy: 'Das war zu oft. Bitte warten Sie eine Weile.', other: 'Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.',
  },
  fr: {
    reset: ['Choisissez un nouveau mot de passe', '', 'Nouveau mot de passe', '8 caractères au moins', 'Enregistrer', 'Votre mot de passe est changé. Vous êtes déconnecté partout ; reconnectez-vous avec le nouveau.'],
    verify: ['Confirmez votre adresse', 'Un clic, et nous savons que cette adresse est la vôtre.', '', '', 'Confirmer mon adresse', 'Merci : votre adresse est confirmée.'],
    forgot: ['Mot de passe oublié ?', 'Nous vous envoyons un lien pour en choisir un nouveau.', 'Adresse e-mail', '', 'Envoyer le lien', 'S’il existe un compte avec cette adresse, un message est en route.'],
    link: 'Ce lien n’est plus valable. Veuillez en demander un nouveau.', busy: 'Trop de demandes. Veuillez patienter.', other: 'Cela n’a pas fonctionné. Veuillez réessayer.',
  },
  es: {
    reset: ['Elija una contraseña nueva', '', 'Contraseña nueva', '8 caracteres o más', 'Guardar la contraseña', 'Su contraseña ha cambiado. Se han cerrado todas sus sesiones; entre con la nueva.'],
    verify: ['Confirme su dirección', 'Con un clic sabremos que esta dirección es suya.', '', '', 'Confirmar mi dirección', 'Gracias: su dirección está confirmada.'],
    forgot: ['¿Ha olvidado su contraseña?', 'Le enviamos un enlace para elegir una nueva.', 'Correo electrónico', '', 'Enviar el enlace', 'Si hay una cuenta con esta dirección, el mensaje está en camino.'],
    link: 'Este enlace ya no sirve. Pida uno nuevo.', busy: 'Demasiadas veces. Espere un poco.', other: 'No ha funcionado. Inténtelo de nuevo.',
  },
};
const locale = navigator.languages.map((l) => l.slice(0, 2)).find((l) => words[l]) ?? 'en';
const say = words[locale];
const at = (id) => document.getElementById(id);
document.documentElement.lang = locale;

function show() {
  const [, purpose = 'forgot', token] = /^#(reset|verify)=([A-Za-z0-9_-]+)$/.exec(location.hash) ?? [];
  if (token) history.replaceState(null, '', location.pathname); // nor shall it stay in the history
  const [title, about, label, hint, button, done] = say[purpose];
  document.title = `${title} · Counsel`;
  at('title').textContent = title;
  at('about').textContent = about;
  at('label').textContent = label;
  at('hint').textContent = hint;
  at('button').textContent = button;
  at('fault').textContent = at('done').textContent = '';
  const input = at('input');
  at('field').hidden = input.disabled = purpose === 'verify';
  Object.assign(input, purpose === 'reset'
    ? { type: 'password', autocomplete: 'new-password', minLength: 8, maxLength: 128 }
    : { type: 'email', autocomplete: 'email', maxLength: 254 });
  input.setAttribute('aria-describedby', 'hint');
  const form = at('form');
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    at('button').disabled = true;
    at('fault').textContent = '';
    const [path, body] = {
      reset: ['password/reset', { token, password: input.value }],
      verify: ['email/verify', { token }],
      forgot: ['password/forgot', { email: input.value }],
    }[purpose];
    try {
      const answer = await fetch(`/api/auth/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      if (answer.ok) {
        form.hidden = true;
        at('done').textContent = done;
        at('done').focus();
        return;
      }
      const problem = await answer.json();
      at('fault').textContent = problem.code === 'link_invalid' ? say.link : answer.status === 429 ? say.busy : say.other;
    } catch {
      at('fault').textContent = say.other;
    } finally {
      at('button').disabled = false;
    }
  };
}
addEventListener('hashchange', show);
show();
