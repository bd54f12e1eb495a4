package search

import (
	"slices"
	"strings"
	"testing"
)

// TestInflection checks queries against texts. Each line is a text and, after a bar, queries. After ">" is
// the form that the query must find, or "!" if it must find nothing. A "_" is a space.
func TestInflection(t *testing.T) {
	for line := range strings.Lines(forms) {
		text, queries, _ := strings.Cut(line, "|")
		for q := range strings.FieldsSeq(queries) {
			q, form, ok := strings.Cut(strings.ReplaceAll(q, "_", " "), ">")
			if !ok {
				form = q
			}
			indexed, words := search(text, q)
			if form == "!" {
				if indexed {
					t.Errorf("%q finds %q in %q", q, words, text)
				}
			} else if !indexed || !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, form) }) {
				t.Errorf("%q does not find %q in %q: indexed %v, words %q", q, form, text, indexed, words)
			}
		}
	}
}

const forms = `Der Arbeitgeber kündigte das Arbeitsverhältnis fristlos.|kündigen>kündigte Kündigung>kündigte Arbeit>Arbeitsverhältnis Verhältnis>Arbeitsverhältnis Arbeitsverhältnisse>Arbeitsverhältnis Arbeitgeberin>Arbeitgeber
Die Klägerinnen begehren Schadensersatz wegen der Verletzung des Urheberrechts.|Kläger>Klägerinnen Klägerin>Klägerinnen Urheberrecht>Urheberrechts Recht>Urheberrechts Schadenersatz>Schadensersatz verletzen>Verletzung Urheber>Urheberrechts
Das Landgericht hat die Klage abgewiesen.|abweisen>abgewiesen Gericht>Landgericht Klagen>Klage Landgerichte>Landgericht
Der Schuldner zahlte die Raten nicht; die Gläubigerin mahnte ihn.|Gläubiger>Gläubigerin mahnen>mahnte zahlen>zahlte Rate>Raten Schuldnerin>Schuldner
Die Gesellschafterversammlungen beschließen über Gewinnausschüttungen.|Gesellschafterversammlung>Gesellschafterversammlungen Versammlung>Gesellschafterversammlungen Gewinn>Gewinnausschüttungen Ausschüttung>Gewinnausschüttungen Gesellschafter>Gesellschafterversammlungen beschließen>beschließen
Betriebskostenabrechnungen sind binnen zwölf Monaten vorzulegen.|Betriebskosten>Betriebskostenabrechnungen Abrechnung>Betriebskostenabrechnungen Kostenabrechnung>Betriebskostenabrechnungen vorlegen>vorzulegen
Die Geheimhaltungsvereinbarung endet nach drei Jahren.|Geheimhaltung>Geheimhaltungsvereinbarung Vereinbarung>Geheimhaltungsvereinbarung Jahr>Jahren
Die Vermieterin verlangt Räumung der Häuser und Grundstücke.|Haus>Häuser Grundstück>Grundstücke Vermieter>Vermieterin
Der Beklagte hat das Fahrzeug beschädigt und den Schaden verursacht.|beschädigen>beschädigt verursachen>verursacht Schäden>Schaden Fahrzeuge>Fahrzeug
Anwältinnen und Ärzte unterliegen der Schweigepflicht.|Anwalt>Anwältinnen Anwältin>Anwältinnen Arzt>Ärzte Ärztin>Ärzte
Das Unternehmen verarbeitet personenbezogene Daten.|verarbeiten>verarbeitet Verarbeitung>verarbeitet Unternehmens>Unternehmen
Es gilt das Bürgerliche Gesetzbuch; Minderjährige werden vertreten.|Gesetz>Gesetzbuch
Die Parteien haben sich verglichen und den Rechtsstreit beigelegt.|vergleichen>verglichen beilegen>beigelegt Streit>Rechtsstreit
Er hat den Vertrag gebrochen und die Ware nicht geliefert.|brechen>gebrochen liefern>geliefert Waren>Ware
Der Mieter ist zur Zahlung des Mietzinses verpflichtet.|Mietzins>Mietzinses Zins>Mietzinses Miete>Mietzinses
Wettbewerbsverbot nach Vertragsende|Verbot>Wettbewerbsverbot Wettbewerb>Wettbewerbsverbot Vertrag>Vertragsende Ende>Vertragsende
Die Erbengemeinschaft teilt den Nachlass.|Erben>Erbengemeinschaft Gemeinschaft>Erbengemeinschaft Nachlässe>Nachlass
Der Handwerker|Hand>! Werk>!
Die Untersuchungshaft endete am Jahresende.|Haft>Untersuchungshaft Ende>Jahresende
The companies breached their duties and the buyers rescinded the agreements.|company>companies breach>breached duty>duties buyer>buyers rescind>rescinded agreement>agreements breaching>breached
She has chosen an arbitrator; arbitration was sought and costs were borne by the losing party.|choose>chosen arbitrators>arbitrator seek>sought cost>costs lose>losing
The employee's dismissal was unfair, and employees may sue.|employees>employee dismissals>dismissal employee's>employee
The executrix sold the properties and distributed the proceeds.|executor>executrix sell>sold property>properties distribute>distributed
All leases expire; leasing continues, the lease having expired.|lease>leases expiring>expire expiry>!
The women filed claims against the manufacturers.|woman>women claim>claims file>filed manufacturer>manufacturers claiming>claims
Les locataires ont résilié leurs baux et quitté les appartements.|bail>baux locataire>locataires résiliation>résilié appartement>appartements quitter>quitté
L'acheteuse a payé le prix convenu, les vendeurs ont livré les marchandises.|acheteur>acheteuse vendeur>vendeurs vendeuse>vendeurs marchandise>marchandises convenir>convenu livrer>livré livraison>!
Les obligations contractuelles de la salariée prennent fin à l'échéance.|obligation>obligations contractuel>contractuelles salarié>salariée prendre>prennent echeance>échéance contractuelle>contractuelles
Les clauses abusives sont réputées non écrites.|clause>clauses abusif>abusives abusive>abusives ecrit>écrites
Une directrice générale représente les sociétés.|directeur>directrice général>générale société>sociétés societe>sociétés representer>représente
Le tribunal a condamné la société défenderesse aux dépens.|défendeur>défenderesse condamner>condamné condamnation>condamné
La trabajadora fue despedida y reclama indemnizaciones.|trabajador>trabajadora despedir>despedida indemnización>indemnizaciones indemnizacion>indemnizaciones despido>despedida
Las partes firmaron los acuerdos y resolvieron el contrato.|parte>partes firmar>firmaron acuerdo>acuerdos resolver>resolvieron resolución>!
Los compradores pagarán el precio; las vendedoras entregan los bienes.|comprador>compradores compradora>compradores pagar>pagarán vendedor>vendedoras bien>bienes entregar>entregan
El juez dictó sentencias y los jueces confirmaron.|sentencia>sentencias dictar>dictó juez>juez
Las obligaciones contractuales de la arrendadora|obligación>obligaciones contractual>contractuales arrendador>arrendadora
Le parti hanno sottoscritto gli accordi e i pagamenti sono dovuti.|parte>parti accordo>accordi pagamento>pagamenti sottoscrivere>sottoscritto
Le lavoratrici sono state licenziate dal datore di lavoro.|lavoratore>lavoratrici lavoratrice>lavoratrici licenziare>licenziate licenziamento>licenziate
L'acquirente ha pagato i canoni; le venditrici consegnano le merci.|canone>canoni venditore>venditrici pagare>pagato merce>merci consegnare>consegnano acquirenti>acquirente
Gli avvocati delle società hanno depositato i ricorsi.|avvocato>avvocati ricorso>ricorsi depositare>depositato avvocata>avvocati
Le clausole contrattuali sono nulle.|clausola>clausole contrattuale>contrattuali nullo>nulle
As partes celebraram contratos de locação e os locatários pagaram.|parte>partes celebrar>celebraram contrato>contratos locacao>locação locatário>locatários locatária>locatários pagar>pagaram
A trabalhadora foi despedida; as indenizações são devidas.|trabalhador>trabalhadora indenização>indenizações indenizacao>indenizações
Os réus foram condenados e as ações julgadas improcedentes.|réu>réus ação>ações condenar>condenados acao>ações
Cláusulas penais e condições gerais aplicáveis|cláusula>Cláusulas penal>penais condição>condições geral>gerais aplicável>aplicáveis clausula>Cláusulas
De werkneemster heeft de arbeidsovereenkomst opgezegd.|arbeid>arbeidsovereenkomst overeenkomsten>arbeidsovereenkomst werknemer>werkneemster opzegging>opgezegd
De verhuurders hebben de woningen verkocht en de contracten ontbonden.|verhuurder>verhuurders woning>woningen verkopen>verkocht contract>contracten ontbinden>ontbonden
De partijen zijn overeengekomen dat de schulden worden betaald.|partij>partijen schuld>schulden overeenkomen>overeengekomen
De eiseres vordert schadevergoeding van gedaagden.|eiser>eiseres schade>schadevergoeding vergoeding>schadevergoeding gedaagde>gedaagden vorderen>vordert
De rechter heeft het vonnis gewezen en de vordering afgewezen.|afwijzen>afgewezen vonnissen>vonnis vorderingen>vordering
甲方应当在合同签订后三十日内支付全部货款。|合同 货款 支付货款>货款 签订合同>合同 三十日
被告人は損害賠償金を支払う義務を負う。|損害賠償 賠償金 支払義務>支払 被告
임대인은 보증금을 반환하여야 한다.|임대인 보증금 반환 임대차>!
ＡＢＣ株式会社と㈱テスト|株式会社 ABC>ＡＢＣ テスト
第１２条（秘密保持）|12>１２ 秘密保持
（株）ﾃﾞｰﾀ管理|データ>ﾃﾞｰﾀ データ管理>ﾃﾞｰﾀ管理
Η ενάγουσα ζητεί αποζημίωση|αποζημιωση>αποζημίωση
Ответчик нарушил условия договора|договор>договора нарушить>нарушил условие>условия
Smlouva byla vypovězena|vypovezena>vypovězena
Yargıtay kararı ışığında|yargitay>Yargıtay isiginda>ışığında
Ålborg Kommune køber|alborg>Ålborg kober>køber
`
