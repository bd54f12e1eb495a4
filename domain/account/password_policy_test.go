package account

import "testing"

func TestPasswordProblem(t *testing.T) {
	t.Parallel()
	ada := User{Email: "ada.lovelace@analytical.example", FullName: "Ada Lovelace"}
	for password, refused := range map[string]bool{
		"password1": true, "PassWord1": true, " password1 ": true, "qwertyuiop": true, "11111111": true, "iloveyou": true,
		"ada.lovelace@analytical.example": true, "lovelace": true, "Lovelace1815": true, "1815-LOVELACE!": true, "AdaLovelace99": true, "analytical7": true,
		"ｌｏｖｅｌａｃｅ１８１５": true, "lovelace analytical 18": true,
		"short": true, "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8": true,
		"correct horse battery": false, "a lovelace of my own choosing": false, "zw7-Kpqr!x": false, "password1\nqwerty12": false, "пароль от сейфа": false, "adaadaada-77kx": false,
	} {
		if fault := passwordProblem(password, ada); (fault != "") != refused {
			t.Errorf("%q: %q", password, fault)
		}
	}
}
