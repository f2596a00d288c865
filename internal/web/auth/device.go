package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// deviceLifetime is how long a browser is remembered in which somebody has signed in.
const deviceLifetime = 180 * 24 * time.Hour

// deviceSuffix ends the name of the cookie that a browser keeps of it. Wrong passwords of others behind
// the same address do not count against such a browser, and its own count against no other
// (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies). It lets
// nobody in.
const deviceSuffix = "_device"

// device is what a browser with the id keeps; it means nothing once the password is another.
func (u User) device(name, id string) string {
	mac := hmac.New(sha256.New, []byte(u.PasswordHash))
	mac.Write([]byte("device " + id + " " + name))
	return id + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// deviceOf returns the id of a browser in which the user has signed in before; empty for any other.
func (a *Authenticator) deviceOf(r *http.Request, name string) string {
	cookie, _ := a.cookieName(r)
	kept, err := r.Cookie(cookie + deviceSuffix)
	user, there := a.config.Users[name]
	if err != nil || !there {
		return ""
	}
	id, _, _ := strings.Cut(kept.Value, ".")
	if !hmac.Equal([]byte(kept.Value), []byte(user.device(name, id))) {
		return ""
	}
	return id
}

// rememberDevice has the browser of a user who signed in keep that.
func (a *Authenticator) rememberDevice(w http.ResponseWriter, r *http.Request, name string) {
	if a.deviceOf(r, name) != "" {
		return
	}
	id, _ := newSecret()
	http.SetCookie(w, a.cookie(r, deviceSuffix, a.config.Users[name].device(name, id), int(deviceLifetime/time.Second)))
}
