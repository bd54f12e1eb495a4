import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_template(
        models.CreateTemplateRequest(
            template_id="notice-of-termination",
            version="1",
            body="---\nname: Notice of termination\ntitle: Notice of Termination to {{recipient}}\nlanguage: en-GB\nnumbering: none\nfooter: { right: 'Page {page} of {pages}' }\n---\n# Notice of Termination\n\nDear {{recipient}},\n\nwe end the agreement of {{agreementDate}}{{#reason}} because {{reason}}{{/reason}}.\n",
            schema_={
                "type": "object",
                "additionalProperties": False,
                "required": ["recipient", "agreementDate"],
                "properties": {
                    "recipient": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 200,
                        "pattern": "\\S",
                    },
                    "agreementDate": {"type": "string", "format": "date", "maxLength": 10},
                    "reason": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1000,
                        "pattern": "\\S",
                    },
                },
            },
            sample_data={"recipient": "Northwind GmbH", "agreementDate": "2025-03-03"},
        )
    )
    print(result)
