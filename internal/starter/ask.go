package starter

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"lucca-exchange/internal/run"
)

// Terminal is where somebody is asked.
type Terminal struct {
	In  *bufio.Reader
	Out io.Writer
	// Said tells in the language of whoever is asked what is said in English; nil for English.
	Said func(english string) string
	// Secret reads a line that is not shown.
	Secret func() (string, error)
	// HostKeys asks an SFTP server, HOST[:PORT], for the fingerprints of its keys.
	HostKeys func(ctx context.Context, address string) ([]string, error)
	// Profiles are the built-in partners.
	Profiles []string
}

func (t Terminal) said(english string) string {
	if t.Said == nil {
		return english
	}
	return t.Said(english)
}

// Ask asks for what is not in the answers yet. An empty line leaves a thing open.
func Ask(ctx context.Context, t Terminal, a Answers) (Answers, error) {
	var err error
	if a.Tenant == "" {
		fmt.Fprintln(t.Out, t.said("The address of your Lucca tenant: acme.ilucca.net, or acme.ilucca-test.net."))
		fmt.Fprintln(t.Out, t.said("Nothing: a trial with the company that \"lucca-exchange sandbox\" invents."))
		if err = t.until("Tenant:", func(text string) (err error) {
			if text != "" {
				a.Tenant, err = ParseTenant(text)
			}
			return err
		}); err != nil {
			return a, err
		}
	}
	if a.Tenant != "" && a.APIKey == "" {
		fmt.Fprintln(t.Out, t.said("\nThe API key is made in Lucca under Settings, API keys. Nothing: later."))
		if a.APIKey, err = t.secret("API key:"); err != nil {
			return a, err
		}
	}
	if a.Profile == "" {
		fmt.Fprint(t.Out, t.said(fmt.Sprintf("\nThe partner who gets the employees:\n  %s\n", strings.Join(t.Profiles, ", "))))
		if err = t.until("Partner ["+t.Profiles[0]+"]:", func(text string) error {
			if a.Profile = text; text == "" {
				a.Profile = t.Profiles[0]
			}
			return KnownProfile(a.Profile, t.Profiles)
		}); err != nil {
			return a, err
		}
	}
	if a.Server == nil {
		fmt.Fprintln(t.Out, t.said("\nThe partner's server: sftp://user@host/folder, or ftpes:// or ftps://."))
		fmt.Fprintln(t.Out, t.said("Nothing: a folder on this machine, to look at files first."))
		if err = t.until("Server:", func(text string) (err error) {
			if text != "" {
				a.Server, err = ParseServer(text)
			}
			return err
		}); err != nil {
			return a, err
		}
	}
	return t.access(ctx, a)
}

// access asks for what a server is known by and lets in by.
func (t Terminal) access(ctx context.Context, a Answers) (Answers, error) {
	switch {
	case a.Server == nil:
	case a.Server.Type != "sftp":
		if a.Password == "" {
			fmt.Fprint(t.Out, t.said(fmt.Sprintf("\nThe password of %s. Nothing: later.\n", a.Server.User)))
			var err error
			if a.Password, err = t.secret("Password:"); err != nil {
				return a, err
			}
		}
	case len(a.HostKeys) == 0:
		keys, err := t.HostKeys(ctx, a.Server.Address())
		if err != nil {
			fmt.Fprint(t.Out, t.said(fmt.Sprintf("\nThe server's keys cannot be read:\n  %v\nGo on without them: \"check\" asks for them.\n", err)))
			return a, nil
		}
		fmt.Fprint(t.Out, t.said(fmt.Sprintf("\n%s shows these keys:\n  %s\n", a.Server.Address(), strings.Join(keys, "\n  "))))
		fmt.Fprintln(t.Out, t.said("Compare them with what the partner tells you by telephone, say, not by mail."))
		yes := false
		err = t.until("Are they the partner's? [y/N]", func(text string) error {
			yes = slices.Contains([]string{"y", "yes", "o", "oui", "j", "ja"}, strings.ToLower(text))
			return nil
		})
		if err != nil || !yes {
			return a, err
		}
		a.HostKeys = keys
	}
	return a, nil
}

// KnownProfile returns an error for a name that is none of the built-in partners.
func KnownProfile(name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	return fmt.Errorf("partner: there are %s; describe one of your own later (help profiles)", strings.Join(known, ", "))
}

// until asks until take has no objection.
func (t Terminal) until(question string, take func(string) error) error {
	for {
		fmt.Fprintf(t.Out, "%s ", t.said(question))
		line, err := t.In.ReadString('\n')
		if err != nil {
			fmt.Fprintln(t.Out)
			return fmt.Errorf("read answer: %w", err)
		}
		err = take(strings.TrimSpace(line))
		if err == nil {
			return nil
		}
		fmt.Fprintln(t.Out, t.said(strings.TrimPrefix(err.Error(), run.ErrUsage.Error()+": "))) // it was asked for
	}
}

func (t Terminal) secret(question string) (string, error) {
	fmt.Fprintf(t.Out, "%s ", t.said(question))
	text, err := t.Secret()
	fmt.Fprintln(t.Out)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(text), nil
}
